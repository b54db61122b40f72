#include "protocol/data/client_state.hpp"

#include "protocol/data/module.hpp"
#include "protocol/yang/decode.hpp"
#include "protocol/yang/encode.hpp"

#include <algorithm>
#include <chrono>

namespace tocsin::protocol::data {

namespace {

using yang::data_node;

const yang::schema_node& entry_row(entry_kind kind) {
  return kind == entry_kind::alias ? rows::alias_row : rows::acl_row;
}

const yang::schema_node& list_row(entry_kind kind) {
  return kind == entry_kind::alias ? rows::aliases_row : rows::acls_row;
}

/// Adds the state data of ACEs which were counted.
void add_statistics(data_node& list, const statistics& counted) {
  auto found = counted.find(list.children.front().text);
  auto aces = list.find(rows::aces_row);
  if (found == counted.end() || !aces)
    return;
  for (auto& ace : aces->children) {
    auto total = found->second.find(ace.children.front().text);
    if (total == found->second.end())
      continue;
    auto& x = ace.ensure(*yang::find_row(rows::ace_row, "statistics"));
    x.set("matched-packets", std::to_string(total->second.packets));
    x.set("matched-octets", std::to_string(total->second.octets));
  }
}

std::optional<yang::error>
add_entries(data_node& out, const client_state& x, entry_kind kind,
            const std::optional<client_status>& status) {
  if (x.list(kind).empty())
    return std::nullopt;
  auto& list = out.ensure(list_row(kind));
  for (const auto& entry : x.list(kind)) {
    auto node = parse_entry(x.cuid, kind, entry->text);
    if (!node)
      return node.error();
    if (status)
      node->set("pending-lifetime",
                std::to_string(pending_minutes(entry->ends, status->now)));
    if (status && kind == entry_kind::acl)
      add_statistics(*node, status->counted);
    list.append(std::move(*node));
  }
  return std::nullopt;
}

} // namespace

const stored_entry* find_entry(const entry_list& list, std::string_view name) {
  auto i = std::ranges::find_if(
      list, [&](const entry_ptr& x) { return x->name == name; });
  return i == list.end() ? nullptr : i->get();
}

std::size_t count_aces(const client_state& x) {
  std::size_t n = 0;
  for (const auto& entry : x.acls)
    n += entry->aces;
  return n;
}

std::optional<time_point> first_end(const client_state& x) {
  std::optional<time_point> out;
  for (auto list : {&x.aliases, &x.acls})
    for (const auto& entry : *list)
      if (!out || entry->ends < *out)
        out = entry->ends;
  return out;
}

yang::instance_path client_path(std::string_view cuid) {
  auto path = yang::instance_path{}
                  .down(rows::datastore, rows::top[0])
                  .down(rows::datastore, rows::client_row);
  path.steps.back().keys = {std::string{cuid}};
  return path;
}

yang::instance_path list_path(std::string_view cuid, entry_kind kind) {
  return client_path(cuid).down(rows::datastore, list_row(kind));
}

yang::instance_path entry_path(std::string_view cuid, entry_kind kind,
                               std::string_view name) {
  auto path = list_path(cuid, kind).down(rows::datastore, entry_row(kind));
  path.steps.back().keys = {std::string{name}};
  return path;
}

yang::outcome<data_node> parse_entry(std::string_view cuid, entry_kind kind,
                                     std::string_view text) {
  std::string document{"{\""};
  document += module_name;
  document += ':';
  document += entry_row(kind).name;
  document += "\":[";
  document += text;
  document += "]}";
  yang::decoder decoder{rows::datastore};
  auto nodes = decoder.members(document, list_path(cuid, kind));
  if (!nodes)
    return nodes.error();
  if (nodes->size() != 1)
    return yang::error{
        yang::error_tag::operation_failed, {}, "a stored entry is damaged"};
  yang::add_defaults(nodes->front());
  return std::move(nodes->front());
}

std::string entry_text(const data_node& entry) {
  yang::encode_options how;
  how.content = yang::content_filter::config;
  how.defaults = yang::defaults_mode::explicitly;
  return yang::encode_value(entry, module_name, how);
}

yang::outcome<data_node>
client_node(const client_state& x, const std::optional<client_status>& status) {
  data_node out{.row = &rows::client_row};
  out.set("cuid", x.cuid);
  if (!x.cdid.empty())
    out.set("cdid", x.cdid);
  for (auto kind : {entry_kind::alias, entry_kind::acl})
    if (auto bad = add_entries(out, x, kind, status))
      return *bad;
  return out;
}

std::int32_t pending_minutes(time_point ends, time_point now) {
  auto left = std::chrono::ceil<std::chrono::minutes>(ends - now).count();
  return static_cast<std::int32_t>(
      std::clamp<std::int64_t>(left, 0, INT32_MAX));
}

registration_record to_record(const client_state& x) {
  return {x.cuid,    x.identity,        x.cdid,
          x.version, x.aliases_version, x.acls_version};
}

entry_record to_record(const client_state& owner, entry_kind kind,
                       const stored_entry& x, signal::instant now) {
  auto left = std::chrono::ceil<std::chrono::seconds>(x.ends - now.mono);
  return {owner.cuid,
          kind,
          x.name,
          x.text,
          x.order,
          x.version,
          now.wall + static_cast<unix_seconds>(left.count())};
}

} // namespace tocsin::protocol::data
