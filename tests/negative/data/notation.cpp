#include "tests/negative/data/row.hpp"

#include <algorithm>
#include <utility>

namespace tocsin::test::negative::data {

namespace {

void replace(std::string& in, std::string_view what, std::string_view by) {
  for (auto at = in.find(what); at != std::string::npos;
       at = in.find(what, at + by.size()))
    in.replace(at, what.size(), by);
}

} // namespace

std::string path_of(std::string_view pattern) {
  std::string out{pattern};
  replace(out, "{me}", "{dd}/dots-client=neg");
  replace(out, "{dd}", "{r}/data/ietf-dots-data-channel:dots-data");
  replace(out, "{r}", "/restconf");
  return out;
}

std::string json(std::string_view notation) {
  std::string out{notation};
  std::ranges::replace(out, '\'', '"');
  replace(out, "dots:", "ietf-dots-data-channel:");
  return out;
}

std::string json_fields() {
  return "Content-Type: application/yang-data+json\r\n";
}

row ask(std::string name, std::string method, std::string_view pattern,
        std::string_view body, wanted answer) {
  return {.name = std::move(name),
          .method = std::move(method),
          .path = path_of(pattern),
          .fields = body.empty() ? "" : json_fields(),
          .body = json(body),
          .answer = answer};
}

table all_rows() {
  table out;
  for (auto add :
       {add_http, add_methods, add_paths, add_queries, add_conditions,
        add_rights, add_json, add_clients, add_aliases, add_acls, add_entries})
    add(out);
  return out;
}

table prelude() {
  auto registered = [](caller who, std::string_view cuid) {
    auto name = std::string{cuid};
    auto x =
        ask("registers " + name, "PUT", "{dd}/dots-client=" + name,
            "{'dots:dots-client':[{'cuid':'" + name + "'}]}", {201, {}, 204});
    x.who = who;
    return x;
  };
  auto acl = [](std::string_view name) {
    return ask("has the ACL " + std::string{name}, "PUT",
               "{me}/acls/acl=" + std::string{name},
               "{'dots:acl':[{'name':'" + std::string{name}
                   + "','type':'ipv4-acl-type','aces':{'ace':[{'name':'one',"
                     "'matches':{'ipv4':{'destination-ipv4-network':"
                     "'192.0.2.0/24'}},'actions':{'forwarding':'drop'}}]}}]}",
               {201, {}, 204});
  };
  return {registered(caller::customer, "neg"),
          registered(caller::sibling, "sib"),
          registered(caller::other, "oth"),
          ask("has the alias web", "PUT", "{me}/aliases/alias=web",
              "{'dots:alias':[{'name':'web',"
              "'target-prefix':['192.0.2.80/32']}]}",
              {201, {}, 204}),
          acl("first"),
          acl("second")};
}

} // namespace tocsin::test::negative::data
