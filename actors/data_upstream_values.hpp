#pragma once
#include "protocol/data/records.hpp"
#include "protocol/time.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// Values that a DATA UPSTREAM exchanges with others.
namespace tocsin::actors {

/// What an operator wants of the data channel to an upstream.
struct data_order {
  enum class verb : std::uint8_t {
    list,         ///< all entries of `kind`
    show,         ///< one of them
    put,          ///< creates or replaces one: `body`
    remove,       ///< one of them
    put_all,      ///< the same with all entries of `body`
    capabilities, ///< what the server's filters can do
  };
  verb what = verb::list;
  protocol::data::entry_kind kind = protocol::data::entry_kind::alias;
  std::string name; ///< of the entry, for show, put and remove
  /// JSON in the format of RFC 8783, Sections 6.1 and 7.2.
  std::string body;
  std::string who = "operator"; ///< for the audit trail
  duration patience = std::chrono::seconds{60};
};

/// The answer, as docs/api.md describes it.
struct data_reply {
  std::string json;
  bool created = false;
};

/// Names of aliases that a server holds, as this node wants them or nothing
/// else is known to be wanted of them.
struct held_aliases {
  std::vector<std::string> names;
};

} // namespace tocsin::actors
