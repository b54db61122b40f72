#pragma once
#include "protocol/error.hpp"

#include <exception>
#include <memory>
#include <SQLiteCpp/SQLiteCpp.h>
#include <string>

/// Internal to the SQLite store: how its database comes to be.
namespace tocsin::storage {

/// Marks our databases: "TOCS". Someone else's file is never touched.
inline constexpr int application_id = 0x544f4353;

/// Opens, creates, checks and migrates the database at `path`. All failures are
/// ec::io with a sentence that says what to do.
result<std::unique_ptr<SQLite::Database>>
open_database(const std::string& path);

/// What an exception of SQLite means to an operator. Data that can never be
/// stored is ec::malformed, all else ec::io.
failure explain(const std::string& path, const SQLite::Exception& why);

} // namespace tocsin::storage
