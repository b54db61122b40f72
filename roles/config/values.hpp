#pragma once
#include "protocol/signal/customer.hpp"
#include "roles/config/context.hpp"
#include "roles/config/option.hpp"
#include "roles/config/text.hpp"
#include "roles/config/toml.hpp"

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// Reads one TOML value into one member. Each function reports what is wrong
/// and then leaves the member as it was, or marks where it was read from.
namespace tocsin::roles {

/// "'word'", cut and made printable: what goes into a message.
std::string in_quotes(std::string_view word);

/// "key 'x'": how messages name an option.
std::string named(const option& o);

void read_value(const toml::node& n, bool& out, const option& o, context& c);
void read_value(const toml::node& n, std::uint32_t& out, const option& o,
                context& c);
void read_value(const toml::node& n, std::uint64_t& out, const option& o,
                context& c);
/// A duration in seconds.
void read_value(const toml::node& n, std::int64_t& out, const option& o,
                context& c);
void read_value(const toml::node& n, std::chrono::seconds& out, const option& o,
                context& c);
void read_value(const toml::node& n, std::string& out, const option& o,
                context& c);
void read_value(const toml::node& n, std::filesystem::path& out,
                const option& o, context& c);
void read_value(const toml::node& n, endpoint& out, const option& o,
                context& c);
void read_value(const toml::node& n, prefix& out, const option& o, context& c);
void read_value(const toml::node& n, protocol::signal::port_range& out,
                const option& o, context& c);
void read_value(const toml::node& n, std::uint8_t& out, const option& o,
                context& c); ///< an IP protocol
void read_value(const toml::node& n, protocol::signal::customer_identities& out,
                const option& o, context& c);

/// The value as a table, or as an array; null: it is something else, which
/// was reported.
const toml::table* as_table(const toml::node& n, const option& o, context& c);
const toml::array* as_array(const toml::node& n, const option& o, context& c);

/// Chooses among an enumeration's labels; nothing: none fits.
std::optional<std::size_t> read_label(const toml::node& n, const option& o,
                                      std::span<const std::string_view> labels,
                                      context& c);

template <class Enum>
requires std::is_enum_v<Enum>
void read_value(const toml::node& n, Enum& out, const option& o, context& c) {
  if (auto i = read_label(n, o, labels_of(out), c)) {
    out = static_cast<Enum>(*i);
    c.mark(out, begin_of(n));
  }
}

template <class T>
void read_value(const toml::node& n, std::optional<T>& out, const option& o,
                context& c) {
  read_value(n, out.emplace(), o, c);
}

template <class T>
void read_value(const toml::node& n, std::vector<T>& out, const option& o,
                context& c) {
  const auto* list = as_array(n, o, c);
  if (!list)
    return;
  out.assign(list->size(), T{});
  for (std::size_t i = 0; i < out.size(); ++i)
    read_value((*list)[i], out[i], o, c);
  c.mark(out, begin_of(n));
}

/// Keys are names of the option's form when that is `domain`, else free.
template <class T>
void read_value(const toml::node& n, std::map<std::string, T>& out,
                const option& o, context& c) {
  const auto* table = as_table(n, o, c);
  if (!table)
    return;
  for (const auto& [key, value] : *table) {
    auto as = o.as == form::domain ? form::domain : form::text;
    auto name = normalise(key.str(), as);
    auto place = begin_of(key.source());
    if (!name) {
      c.error(place, in_quotes(key.str()) + " is no name for " + named(o),
              name.error().detail);
      continue;
    }
    auto [i, fresh] = out.try_emplace(std::move(*name));
    if (!fresh)
      c.error(place, in_quotes(key.str()) + " is there twice in " + named(o));
    read_value(value, i->second, o, c);
    c.mark(i->first, place);
  }
  c.mark(out, begin_of(n));
}

} // namespace tocsin::roles
