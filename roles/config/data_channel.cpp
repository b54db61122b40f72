#include "roles/config/data_channel.hpp"

#include "protocol/signal/address_translation.hpp"
#include "transports/crypto/certificate.hpp"

#include <algorithm>
#include <iterator>

namespace tocsin::roles {

namespace {

namespace data = protocol::data;
using entries = std::vector<data::wanted_entry>;

/// What one body could carry; a mistake is beyond.
constexpr std::size_t max_filters = protocol::yang::max_body;

} // namespace

result<data::wanted_entry> published_alias(const alias_config& x,
                                           const upstream_config& upstream) {
  auto table =
      protocol::signal::address_translation::make(upstream.translations);
  if (!table)
    return table.error();
  auto outside = table->outbound(x.what);
  if (!outside)
    return outside.error();
  if (outside->size() != 1)
    return fail(ec::unacceptable, x.name,
                "outside it is several targets with different ports, and an "
                "alias is one");
  auto read = data::read_wanted(
      data::put_body(data::make_alias(x.name, outside->front())));
  if (!read)
    return fail(ec::unacceptable, read.error().path, read.error().message);
  return std::move(read->front()); // with its values in canonical form
}

result<entries> read_filters(const std::filesystem::path& file) {
  auto text = transports::crypto::read_text_file(file, max_filters);
  if (!text)
    return text.error();
  auto all = data::read_wanted(*text);
  if (!all)
    return fail(ec::unacceptable, all.error().path, all.error().message);
  for (const auto& x : *all)
    if (x.key.kind != data::entry_kind::acl)
      return fail(ec::unacceptable, "aliases",
                  "only filters belong there; aliases are [[client.alias]] "
                  "with 'publish'");
  return *std::move(all);
}

/// What belongs to one link is not told to servers of others (RFC 9284, Section
/// 6).
bool is_of(const alias_config& alias, const upstream_config& upstream) {
  const auto& own = upstream.prefixes;
  return own.empty()
         || std::ranges::all_of(alias.what.prefixes, [&](const prefix& x) {
              return std::ranges::any_of(
                  own, [&](const prefix& y) { return y.contains(x); });
            });
}

result<entries> wanted_of(const client_config& x,
                          const upstream_config& upstream) {
  entries out;
  for (const auto& alias : x.aliases)
    if (alias.publish && is_of(alias, upstream)) {
      auto entry = published_alias(alias, upstream);
      if (!entry)
        return entry.error();
      out.push_back(*std::move(entry));
    }
  if (upstream.data && !upstream.data->filters.empty()) {
    auto filters = read_filters(upstream.data->filters);
    if (!filters)
      return filters.error();
    out.insert(out.end(), std::make_move_iterator(filters->begin()),
               std::make_move_iterator(filters->end()));
  }
  return out;
}

} // namespace tocsin::roles
