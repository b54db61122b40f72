#pragma once
#include "protocol/error.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <simdjson.h>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tocsin::protocol::json {

/// Nesting which we read; DOTS bodies nest 9 deep.
inline constexpr std::size_t max_depth = 64;

/// One value of a parsed document; valid as long as its document is. Asking
/// for the wrong type gives nothing, never throws.
class value {
public:
  explicit value(simdjson::dom::element x) : element_{x} {}

  bool is_object() const noexcept { return element_.is_object(); }
  bool is_array() const noexcept { return element_.is_array(); }

  std::optional<std::string_view> text() const noexcept;
  std::optional<bool> boolean() const noexcept;
  std::optional<std::int64_t> integer() const noexcept;
  std::optional<std::uint64_t> unsigned_integer() const noexcept;
  std::optional<double> number() const noexcept; ///< integers included

  /// The members of an object in order, duplicates included; else empty.
  std::vector<std::pair<std::string_view, value>> members() const;
  /// The elements of an array; else empty.
  std::vector<value> elements() const;
  /// The first member of that name.
  std::optional<value> find(std::string_view name) const noexcept;

private:
  simdjson::dom::element element_;
};

/// A parsed JSON document (RFC 8259).
class document {
public:
  /// Fails with malformed, or too_large beyond max_depth; `where` is "json".
  static result<document> parse(std::string_view text);

  value root() const { return value{root_}; }

private:
  document() = default;

  std::unique_ptr<simdjson::dom::parser> parser_;
  simdjson::dom::element root_;
};

} // namespace tocsin::protocol::json
