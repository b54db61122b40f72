// Bodies that are no JSON, or not of the module; clients and aliases.
#include "tests/negative/data/row.hpp"

namespace tocsin::test::negative::data {

namespace {

constexpr std::string_view bad_value = "invalid-value";
constexpr std::string_view missing = "missing-attribute";
constexpr std::string_view unknown = "unknown-element";
constexpr std::string_view denied = "access-denied";

struct text_case {
  std::string_view name;
  std::string body;
  wanted answer;
};

std::vector<text_case> texts() {
  auto nested = [](std::size_t n, std::string_view what) {
    std::string out;
    for (std::size_t i = 0; i < n; ++i)
      out += what;
    return out;
  };
  auto alias = [](std::string_view members) {
    return R"({"ietf-dots-data-channel:alias":[{"name":"bad",)"
           + std::string{members} + "}]}";
  };
  constexpr std::string_view malformed = "malformed-message";
  // REST-158, REST-056, DATA-119
  return {
      {"no JSON", "hello", {400, malformed}},
      {"half an object",
       R"({"ietf-dots-data-channel:alias":[)",
       {400, malformed}},
      {"an object and more",
       alias(R"("target-prefix":["192.0.2.9/32"])") + " x",
       {400, malformed}},
      {"two objects",
       alias(R"("target-prefix":["192.0.2.9/32"])") + "{}",
       {400, malformed}},
      {"a trailing comma",
       alias(R"("target-prefix":["192.0.2.9/32",])"),
       {400, malformed}},
      {"a comment",
       "/* x */" + alias(R"("target-prefix":["192.0.2.9/32"])"),
       {400, malformed}},
      {"a number that is none",
       alias(R"("target-protocol":[NaN])"),
       {400, malformed}},
      {"octets that are no UTF-8",
       alias("\"target-fqdn\":[\"\xff\xfe\"]"),
       {400, malformed}},
      {"half a surrogate", alias(R"("target-fqdn":["\ud800"])"), {400}},
      {"a NUL in a string", alias(R"("target-fqdn":["www\u0000"])"), {400}},
      {"an open string", alias(R"("target-fqdn":["www)"), {400, malformed}},
      {"arrays without end", nested(100'000, "["), {400}},
      {"objects without end", nested(20'000, "{\"a\":"), {400}},
      {"a body of blanks", std::string(1000, ' '), {400}},
      {"an array", "[]", {400}},
      {"a text", "\"x\"", {400}},
      {"null", "null", {400}},
      {"an empty object", "{}", {400}},
      {"a member twice",
       alias(R"("target-prefix":["192.0.2.9/32"],"target-prefix":[])"),
       {400}},
      {"the name twice",
       alias(R"("name":"bad","target-prefix":["192.0.2.9/32"])"),
       {400}},
  };
}

struct body_case {
  std::string_view name, body;
  wanted answer;
};

constexpr body_case envelopes[]{
    // DATA-112, DATA-113, REST-090, DATA-146, DATA-212
    {"no module",
     "{'alias':[{'name':'bad','target-prefix':['192.0.2.9/32']}]}",
     {400}},
    {"another module",
     "{'ietf-acl:alias':[{'name':'bad','target-prefix':['192.0.2.9/32']}]}",
     {400}},
    {"another resource",
     "{'dots:acl':[{'name':'bad','aces':{'ace':[]}}]}",
     {400}},
    {"an entry without its array",
     "{'dots:alias':{'name':'bad','target-prefix':['192.0.2.9/32']}}",
     {400}},
    {"no entry", "{'dots:alias':[]}", {400}},
    {"two entries",
     "{'dots:alias':[{'name':'bad','target-prefix':['192.0.2.9/32']},"
     "{'name':'bad2','target-prefix':['192.0.2.9/32']}]}",
     {400}},
    {"one resource too much",
     "{'dots:alias':[{'name':'bad','target-prefix':['192.0.2.9/32']}],"
     "'dots:acl':[]}",
     {400}},
    {"another name than the target's",
     "{'dots:alias':[{'name':'good','target-prefix':['192.0.2.9/32']}]}",
     {400, bad_value}},
    {"no name",
     "{'dots:alias':[{'target-prefix':['192.0.2.9/32']}]}",
     {400, missing}},
    {"a number as name",
     "{'dots:alias':[{'name':7,'target-prefix':['192.0.2.9/32']}]}",
     {400, bad_value}},
    {"null as entry", "{'dots:alias':[null]}", {400}},
    {"a text as entry", "{'dots:alias':['bad']}", {400}},
};

/// Members of the alias "bad", beside its name.
constexpr body_case aliases[]{
    // DATA-156
    {"no target", "'target-protocol':[6]", {400, missing}},
    {"ports only", "'target-port-range':[{'lower-port':80}]", {400, missing}},
    {"a list of no prefixes", "'target-prefix':[]", {400}},
    // DATA-147, DATA-148
    {"a prefix of 33 bits",
     "'target-prefix':['192.0.2.1/33']",
     {400, bad_value}},
    {"a prefix of 129 bits",
     "'target-prefix':['2001:db8::/129']",
     {400, bad_value}},
    {"a prefix that is none",
     "'target-prefix':['everything']",
     {400, bad_value}},
    {"a prefix without length",
     "'target-prefix':['192.0.2.1']",
     {400, bad_value}},
    {"loopback", "'target-prefix':['127.0.0.0/8']", {400, bad_value}},
    {"loopback of IPv6", "'target-prefix':['::1/128']", {400, bad_value}},
    {"multicast", "'target-prefix':['224.0.0.0/4']", {400, bad_value}},
    {"multicast of IPv6", "'target-prefix':['ff00::/8']", {400, bad_value}},
    {"broadcast", "'target-prefix':['255.255.255.255/32']", {400, bad_value}},
    // DATA-149, DATA-241
    {"a foreign prefix", "'target-prefix':['198.51.100.0/24']", {403, denied}},
    {"a prefix wider than the own one",
     "'target-prefix':['192.0.0.0/8']",
     {403, denied}},
    {"everything", "'target-prefix':['0.0.0.0/0']", {403, {}, 400}},
    {"an own and a foreign prefix",
     "'target-prefix':['192.0.2.9/32','198.51.100.1/32']",
     {403, denied}},
    // DATA-087
    {"a prefix twice",
     "'target-prefix':['192.0.2.9/32','192.0.2.9/32']",
     {400}},
    // DATA-113, DATA-114
    {"a prefix without its array", "'target-prefix':'192.0.2.9/32'", {400}},
    {"a number as prefix", "'target-prefix':[1]", {400, bad_value}},
    {"null as prefix", "'target-prefix':[null]", {400}},
    {"an array as prefix", "'target-prefix':[['192.0.2.9/32']]", {400}},
    {"an object as prefix", "'target-prefix':[{'x':1}]", {400}},
    // DATA-084, DATA-085, DATA-086
    {"ports the wrong way round",
     "'target-prefix':['192.0.2.9/32'],'target-port-range':"
     "[{'lower-port':80,'upper-port':20}]",
     {400, bad_value}},
    {"a port of 17 bits",
     "'target-prefix':['192.0.2.9/32'],'target-port-range':"
     "[{'lower-port':65536}]",
     {400, bad_value}},
    {"a port below zero",
     "'target-prefix':['192.0.2.9/32'],'target-port-range':"
     "[{'lower-port':-1}]",
     {400, bad_value}},
    {"a port as text",
     "'target-prefix':['192.0.2.9/32'],'target-port-range':"
     "[{'lower-port':'443'}]",
     {400, bad_value}},
    {"half a port",
     "'target-prefix':['192.0.2.9/32'],'target-port-range':"
     "[{'lower-port':80.5}]",
     {400, bad_value}},
    {"an upper port alone",
     "'target-prefix':['192.0.2.9/32'],'target-port-range':"
     "[{'upper-port':80}]",
     {400, missing}},
    {"two ranges from one port",
     "'target-prefix':['192.0.2.9/32'],'target-port-range':"
     "[{'lower-port':80},{'lower-port':80,'upper-port':90}]",
     {400}},
    {"a protocol of nine bits",
     "'target-prefix':['192.0.2.9/32'],'target-protocol':[256]",
     {400, bad_value}},
    {"a protocol by name",
     "'target-prefix':['192.0.2.9/32'],'target-protocol':['tcp']",
     {400, bad_value}},
    {"a protocol twice",
     "'target-prefix':['192.0.2.9/32'],'target-protocol':[6,6]",
     {400}},
    // DATA-153, DATA-155
    {"a foreign name", "'target-fqdn':['www.example.net']", {403, denied}},
    {"a name with blanks",
     "'target-fqdn':['www example com']",
     {400, bad_value}},
    {"an empty name", "'target-fqdn':['']", {400, bad_value}},
    {"a foreign URI",
     "'target-uri':['https://www.example.net/']",
     {403, denied}},
    {"a URI of loopback",
     "'target-uri':['https://127.0.0.1/']",
     {400, {}, 403}},
    {"a URI that is none", "'target-uri':['::::']", {400, bad_value}},
    // DATA-157, DATA-162, DATA-047
    {"an unknown member",
     "'target-prefix':['192.0.2.9/32'],'colour':'red'",
     {400, unknown}},
    {"a lifetime",
     "'target-prefix':['192.0.2.9/32'],'lifetime':5",
     {400, unknown}},
};

constexpr body_case registrations[]{
    // DATA-125, DATA-129, DATA-132
    {"a client without cuid", "{'dots:dots-client':[{}]}", {400, missing}},
    {"two clients",
     "{'dots:dots-client':[{'cuid':'n1'},{'cuid':'n2'}]}",
     {400}},
    {"no client", "{'dots:dots-client':[]}", {400}},
    {"a cuid of a number",
     "{'dots:dots-client':[{'cuid':1}]}",
     {400, bad_value}},
    {"an empty cuid", "{'dots:dots-client':[{'cuid':''}]}", {400, bad_value}},
    {"a cuid with a blank",
     "{'dots:dots-client':[{'cuid':'a b'}]}",
     {400, bad_value}},
    {"a cuid with a slash",
     "{'dots:dots-client':[{'cuid':'a/b'}]}",
     {400, bad_value}},
    {"a client that is there",
     "{'dots:dots-client':[{'cuid':'neg'}]}",
     {409, "resource-denied"}},
    {"a client of a sibling",
     "{'dots:dots-client':[{'cuid':'sib'}]}",
     {409, "resource-denied"}},
    {"a client with an unknown member",
     "{'dots:dots-client':[{'cuid':'n1','colour':'red'}]}",
     {400, unknown}},
    {"a client with a bad alias",
     "{'dots:dots-client':[{'cuid':'n1','aliases':{'alias':[{'name':'x'}]}}]}",
     {400, missing}},
    {"aliases of nobody",
     "{'dots:aliases':{'alias':[{'name':'x',"
     "'target-prefix':['192.0.2.9/32']}]}}",
     {400}},
};

} // namespace

void add_json(table& to) {
  for (auto& x : texts()) {
    auto made =
        ask(std::string{x.name}, "PUT", "{me}/aliases/alias=bad", {}, x.answer);
    made.fields = json_fields();
    made.body = std::move(x.body);
    to.push_back(std::move(made));
  }
  // REST-087
  auto none =
      ask("no body", "PUT", "{me}/aliases/alias=bad", {}, {400, bad_value});
  none.fields = json_fields();
  to.push_back(none);
  none.method = "POST";
  none.name = "POST without a body";
  none.path = path_of("{me}/aliases");
  to.push_back(none);
  for (const auto& x : envelopes)
    to.push_back(ask(std::string{x.name}, "PUT", "{me}/aliases/alias=bad",
                     x.body, x.answer));
}

void add_clients(table& to) {
  for (const auto& x : registrations)
    to.push_back(ask(std::string{x.name}, "POST", "{dd}", x.body, x.answer));
  to.push_back(ask("another cuid than the target's", "PUT",
                   "{dd}/dots-client=n1",
                   "{'dots:dots-client':[{'cuid':'n2'}]}", {400, bad_value}));
  // DATA-137
  to.push_back(ask("an alias before the registration", "PUT",
                   "{dd}/dots-client=n1/aliases/alias=x",
                   "{'dots:alias':[{'name':'x',"
                   "'target-prefix':['192.0.2.9/32']}]}",
                   {404, bad_value}));
}

void add_aliases(table& to) {
  for (const auto& x : aliases)
    to.push_back(
        ask("alias: " + std::string{x.name}, "PUT", "{me}/aliases/alias=bad",
            "{'dots:alias':[{'name':'bad'," + std::string{x.body} + "}]}",
            x.answer));
}

void add_rights(table& to) {
  struct right_case {
    caller who;
    std::string_view name, method, path, body;
    wanted answer;
  };
  constexpr std::string_view alias =
      "{'dots:alias':[{'name':'bad','target-prefix':['192.0.2.9/32']}]}";
  constexpr std::string_view client = "{'dots:dots-client':[{'cuid':'neg'}]}";
  using who = caller;
  // REST-066, REST-071, REST-073, REST-084, REST-089, REST-099, DATA-248,
  // DATA-130, DATA-171, DATA-217
  constexpr right_case cases[]{
      {who::stranger,
       "reads the datastore",
       "GET",
       "{r}/data",
       {},
       {403, denied}},
      {who::stranger, "reads a client", "GET", "{me}", {}, {403, denied}},
      {who::stranger,
       "registers",
       "POST",
       "{dd}",
       "{'dots:dots-client':[{'cuid':'str'}]}",
       {403, denied}},
      {who::stranger, "deletes a client", "DELETE", "{me}", {}, {403, denied}},
      {who::sibling, "reads a client", "GET", "{me}", {}, {404, {}, 403}},
      {who::sibling,
       "reads an alias",
       "GET",
       "{me}/aliases/alias=web",
       {},
       {404, {}, 403}},
      {who::sibling,
       "replaces a client",
       "PUT",
       "{me}",
       client,
       {403, {}, 409}},
      {who::sibling,
       "adds an alias",
       "PUT",
       "{me}/aliases/alias=bad",
       alias,
       {403, {}, 404}},
      {who::sibling,
       "posts an alias",
       "POST",
       "{me}/aliases",
       alias,
       {403, {}, 404}},
      {who::sibling,
       "deletes an alias",
       "DELETE",
       "{me}/aliases/alias=web",
       {},
       {403, {}, 404}},
      {who::sibling, "deletes a client", "DELETE", "{me}", {}, {403, {}, 404}},
      {who::other, "reads a client", "GET", "{me}", {}, {404, {}, 403}},
      {who::other,
       "reads an ACL",
       "GET",
       "{me}/acls/acl=first",
       {},
       {404, {}, 403}},
      {who::other,
       "adds an alias",
       "PUT",
       "{me}/aliases/alias=bad",
       alias,
       {403, {}, 404}},
      {who::other,
       "deletes an ACL",
       "DELETE",
       "{me}/acls/acl=first",
       {},
       {403, {}, 404}},
      {who::other, "deletes a client", "DELETE", "{me}", {}, {403, {}, 404}},
      {who::other,
       "has an alias for another customer's address",
       "PUT",
       "{dd}/dots-client=oth/aliases/alias=bad",
       alias,
       {403, denied}},
  };
  constexpr std::string_view names[]{"the customer", "a sibling",
                                     "another customer", "a stranger"};
  for (const auto& x : cases) {
    auto made = ask(std::string{names[static_cast<std::size_t>(x.who)]} + ' '
                        + std::string{x.name},
                    std::string{x.method}, x.path, x.body, x.answer);
    made.who = x.who;
    to.push_back(std::move(made));
  }
}

} // namespace tocsin::test::negative::data
