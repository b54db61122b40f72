// Resources that are not there, queries and conditions that do not hold.
#include "tests/negative/data/row.hpp"

namespace tocsin::test::negative::data {

namespace {

constexpr std::string_view bad_value = "invalid-value";

struct path_case {
  std::string_view name, path;
  wanted answer;
};

constexpr path_case paths[]{
    {"the root of the server", "/", {404}},
    {"a root with a letter more", "/restconfx", {404}},
    {"a file", "/restconf/../etc/passwd", {404, {}, 400}},
    {"two slashes", "{r}//data", {404, {}, 400}},
    {"another host-meta", "/.well-known/host-meta/x", {404}},
    {"a stream", "{r}/streams", {404}},
    {"an operation", "{r}/operations/ietf-x:y", {404}},
    // REST-045
    {"a node without its module", "{r}/data/dots-data", {404, {}, 400}},
    {"a node of another module", "{r}/data/ietf-acl:dots-data", {404, {}, 400}},
    // REST-054
    {"an unknown node", "{dd}/dots-clients", {404, {}, 400}},
    {"a name in large letters", "{dd}/Capabilities", {404, {}, 400}},
    {"a node below a leaf", "{me}/aliases/alias=web/name/x", {404, {}, 400}},
    // REST-047, REST-048
    {"no key on the way", "{dd}/dots-client/aliases", {400, bad_value, 404}},
    {"keys of a container", "{me}/aliases=web", {400, bad_value, 404}},
    {"two keys for one", "{me}/aliases/alias=web,web", {400, bad_value, 404}},
    {"an empty key", "{me}/acls/acl=", {404, bad_value, 400}},
    // REST-049
    {"a percent sign alone", "{me}/aliases/alias=%", {400, bad_value, 404}},
    {"a percent sign and one digit",
     "{me}/aliases/alias=%4",
     {400, bad_value, 404}},
    {"a percent sign and letters",
     "{me}/aliases/alias=%zz",
     {400, bad_value, 404}},
    {"a NUL in a key", "{me}/aliases/alias=%00", {404, bad_value, 400}},
    {"a key that is no UTF-8",
     "{me}/aliases/alias=%ff%fe",
     {400, bad_value, 404}},
    {"a key that needs no slash",
     "{me}/aliases/alias=web%2Fname",
     {404, bad_value}},
    // DATA-171, DATA-217, REST-075, DATA-137
    {"an unknown alias", "{me}/aliases/alias=none", {404, bad_value}},
    {"an alias in large letters", "{me}/aliases/alias=WEB", {404, bad_value}},
    {"an unknown ACL", "{me}/acls/acl=none", {404, bad_value}},
    {"an unknown entry", "{me}/acls/acl=first/aces/ace=none", {404, bad_value}},
    {"an unknown client", "{dd}/dots-client=none", {404, bad_value}},
    {"aliases of an unknown client",
     "{dd}/dots-client=none/aliases",
     {404, bad_value}},
    {"a leaf that is not there",
     "{me}/aliases/alias=web/target-fqdn=x",
     {404, bad_value, 400}},
    // REST-106, REST-107, REST-111
    {"an unknown parameter", "{me}?foo=1", {400, bad_value}},
    {"a parameter twice", "{me}?content=all&content=all", {400, bad_value}},
    {"a parameter in large letters", "{me}?Content=all", {400, bad_value}},
    {"an unknown content", "{me}?content=some", {400, bad_value}},
    {"a parameter without a name", "{me}?=all", {400, bad_value}},
    {"an ampersand alone", "{me}?content=all&", {400, bad_value}},
    {"a query with half an octet", "{me}?content=%6", {400, bad_value}},
    // REST-114
    {"no depth", "{me}?depth=0", {400, bad_value}},
    {"a depth below zero", "{me}?depth=-1", {400, bad_value}},
    {"a depth over the limit", "{me}?depth=65536", {400, bad_value}},
    {"a depth in words", "{me}?depth=deep", {400, bad_value}},
    // REST-117
    {"unknown fields", "{me}?fields=nothing", {400, bad_value}},
    {"fields with an open bracket",
     "{me}?fields=aliases(alias",
     {400, bad_value}},
    {"fields with a bracket too much",
     "{me}?fields=aliases)",
     {400, bad_value}},
    {"fields of nothing", "{me}?fields=", {400, bad_value}},
    // REST-127, REST-131
    {"unknown defaults", "{me}?with-defaults=none", {400, bad_value}},
    {"a filter of streams", "{me}?filter=x", {400, bad_value}},
    {"a time of streams",
     "{me}?start-time=2026-01-01T00:00:00Z",
     {400, bad_value}},
    // REST-119: for edits only
    {"insert on GET", "{me}?insert=first", {400, bad_value}},
    {"a query on host-meta's neighbour",
     "{r}/yang-library-version?depth=1",
     {400, bad_value}},
};

struct placed_case {
  std::string_view name, query;
};

constexpr placed_case placed[]{
    // REST-121, REST-123, REST-124
    {"insert in the middle", "insert=middle"},
    {"insert before nothing", "insert=before"},
    {"insert after nothing", "insert=after"},
    {"a point alone", "point=%7Bdd%7D"},
    {"first, with a point",
     "insert=first&point=%2Fietf-dots-data-channel%3Adots-data%2F"
     "dots-client%3Dneg%2Facls%2Facl%3Dfirst"},
    {"before what is not there",
     "insert=before&point=%2Fietf-dots-data-channel%3Adots-data%2F"
     "dots-client%3Dneg%2Facls%2Facl%3Dnone"},
    {"before one of another list",
     "insert=before&point=%2Fietf-dots-data-channel%3Adots-data%2F"
     "dots-client%3Dneg%2Faliases%2Falias%3Dweb"},
    // REST-110
    {"content on an edit", "content=all"},
    {"depth on an edit", "depth=1"},
};

constexpr std::string_view small_acl =
    "{'dots:acl':[{'name':'bad','aces':{'ace':[{'name':'x',"
    "'actions':{'forwarding':'drop'}}]}}]}";
constexpr std::string_view small_alias =
    "{'dots:alias':[{'name':'bad','target-prefix':['192.0.2.9/32']}]}";

row with_field(row x, std::string_view field) {
  x.fields = std::string{field} + "\r\n";
  return x;
}

} // namespace

void add_paths(table& to) {
  for (const auto& x : paths)
    to.push_back(ask(std::string{x.name}, "GET", x.path, {}, x.answer));
}

void add_queries(table& to) {
  for (const auto& x : placed)
    to.push_back(ask(std::string{x.name}, "PUT",
                     "{me}/acls/acl=bad?" + std::string{x.query}, small_acl,
                     {400}));
  // REST-125
  to.push_back(ask("insert in a list without an order", "PUT",
                   "{me}/aliases/alias=bad?insert=first", small_alias,
                   {400, bad_value}));
}

void add_conditions(table& to) {
  auto get = [](std::string_view name, wanted answer) {
    return ask(std::string{name}, "GET", "{me}", {}, answer);
  };
  auto edit = [](std::string_view name, std::string_view path, wanted answer) {
    return ask(std::string{name}, "PUT", path, small_alias, answer);
  };
  auto also = [](row x, std::string_view field) {
    x.fields += std::string{field} + "\r\n";
    return x;
  };
  constexpr std::string_view bad = "{me}/aliases/alias=bad";
  // REST-059, REST-061
  to.push_back(
      with_field(get("XML only", {406}), "Accept: application/yang-data+xml"));
  to.push_back(with_field(get("a page", {406}), "Accept: text/html"));
  to.push_back(with_field(get("anything but JSON", {406}),
                          "Accept: application/yang-data+json;q=0"));
  // REST-058
  for (auto type : {"application/yang-data+xml", "text/plain",
                    "application/json", "application/yang-data+jsonx"})
    to.push_back(with_field(edit("a body as " + std::string{type}, bad, {415}),
                            "Content-Type: " + std::string{type}));
  to.push_back(with_field(edit("a body as nothing", bad, {415, {}, 400}),
                          "X-Nothing: here"));
  // REST-143, REST-144
  to.push_back(also(edit("a stale tag", "{me}/aliases/alias=bad", {412}),
                    "If-Match: \"stale\""));
  to.push_back(
      also(edit("If-Match: * of nothing", bad, {412, {}, 404}), "If-Match: *"));
  auto known =
      ask("If-None-Match: * of something", "PUT", "{me}/aliases/alias=web",
          "{'dots:alias':[{'name':'web',"
          "'target-prefix':['192.0.2.9/32']}]}",
          {412});
  to.push_back(also(known, "If-None-Match: *"));
  auto removal = ask("DELETE with a stale tag", "DELETE",
                     "{me}/aliases/alias=web", {}, {412});
  to.push_back(with_field(removal, "If-Match: \"stale\""));
  auto old = ask("DELETE of what has changed since", "DELETE",
                 "{me}/aliases/alias=web", {}, {412});
  to.push_back(
      with_field(old, "If-Unmodified-Since: Thu, 01 Jan 2015 00:00:00 GMT"));
}

} // namespace tocsin::test::negative::data
