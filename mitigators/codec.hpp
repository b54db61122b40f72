#pragma once
#include "mitigators/filter.hpp"
#include "mitigators/json_reader.hpp"
#include "protocol/json/writer.hpp"

#include <array>
#include <optional>
#include <string_view>
#include <vector>

/// Parts of the driver protocol's codec; not for users of the protocol.
namespace tocsin::mitigators {

/// The names of fragment bits, from the lowest one.
inline constexpr std::array<std::string_view, 4> fragment_names{"df", "isf",
                                                                "ff", "lf"};

/// Whether `id` may name a rule, a set or an entry.
result<void> check_id(std::string_view id);

/// `value`, unless `inner` refused something: then `outer` refuses it, too.
template <class T>
std::optional<T> take(json_reader& outer, json_reader& inner, T value) {
  if (inner.good())
    return value;
  outer.refuse(inner.why());
  return std::nullopt;
}

/// The member `name` as prefixes; empty if it is absent.
std::vector<protocol::signal::prefix> read_prefixes(json_reader& in,
                                                    std::string_view name);
void write_prefixes(protocol::json::writer& out,
                    const std::vector<protocol::signal::prefix>& xs);

/// One filter set, checked.
std::optional<filter_set> read_filter_set(json_reader& outer,
                                          simdjson::dom::element x);
void write(protocol::json::writer& out, const filter_set& x);

} // namespace tocsin::mitigators
