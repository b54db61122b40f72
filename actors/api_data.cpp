// The operator API: clients of the data channel as JSON.
#include "actors/api.hpp"
#include "actors/api_write.hpp"

namespace tocsin::actors {

namespace {

using protocol::json::writer;

/// The members of a client; the object stays open.
writer& write(writer& out, const data_client_view& x) {
  out.member("customer", x.customer)
      .member("cuid", x.cuid)
      .member("identity", x.identity)
      .member("aliases", x.aliases)
      .member("acls", x.acls)
      .member("entries_in_force", x.entries_in_force);
  write_enforcement(out, x.enforcement);
  return out;
}

void write(writer& out, const data_alias_view& x) {
  out.begin_object().member("name", x.name).member("left_s", x.left_s);
  write_target(out, x.what);
  out.end_object();
}

void write(writer& out, const data_acl_view& x) {
  out.begin_object()
      .member("name", x.name)
      .member("activation", x.activation)
      .member("in_force", x.in_force)
      .member("left_s", x.left_s)
      .key("entries")
      .begin_array();
  for (const auto& one : x.entries)
    out.begin_object()
        .member("name", one.name)
        .member("action", one.action)
        .member("packets", one.packets)
        .member("octets", one.octets)
        .end_object();
  out.end_array();
  if (!x.definition.empty())
    out.key("definition").raw(x.definition);
  out.end_object();
}

template <class T>
void write_list(writer& out, std::string_view name, const std::vector<T>& xs) {
  out.key(name).begin_array();
  for (const auto& x : xs)
    write(out, x);
  out.end_array();
}

} // namespace

std::string to_json(const std::vector<data_client_view>& xs) {
  writer out;
  out.begin_object().key("data_clients").begin_array();
  for (const auto& x : xs)
    write(out.begin_object(), x).end_object();
  return std::move(out.end_array().end_object()).str();
}

std::string to_json(const data_client_details& x) {
  writer out;
  write(out.begin_object(), x.client).member("mitigating", x.mitigating);
  write_list(out, "alias_list", x.aliases);
  write_list(out, "acl_list", x.acls);
  return std::move(out.end_object()).str();
}

} // namespace tocsin::actors
