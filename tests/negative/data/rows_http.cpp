// What is no good HTTP request, or has no good method.
#include "tests/negative/data/row.hpp"

namespace tocsin::test::negative::data {

namespace {

constexpr std::string_view start = "GET /restconf HTTP/1.1\r\nHost: x\r\n";

struct raw_case {
  std::string_view name;
  std::string text;
  wanted answer;
};

std::vector<raw_case> broken_messages() {
  auto with = [](std::string_view fields) {
    return std::string{start} + std::string{fields} + "\r\n";
  };
  // REST-004, REST-164, DATA-003
  return {
      {"a line that is none", "hello\r\n\r\n", {400}},
      {"HTTP/0.9", "GET /restconf\r\n\r\n", {400, {}, 505}},
      {"HTTP/2.0 in words",
       "GET / HTTP/2.0\r\nHost: x\r\n\r\n",
       {505, {}, 400}},
      {"the preface of HTTP/2",
       "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
       {505, {}, 400}},
      {"HTTP/1.1 misspelt", "GET / HTTP/11\r\nHost: x\r\n\r\n", {400, {}, 505}},
      {"two blanks in the first line",
       "GET  / HTTP/1.1\r\nHost: x\r\n\r\n",
       {400}},
      {"no Host", "GET /restconf HTTP/1.1\r\n\r\n", {400}},
      {"two Hosts", with("Host: y\r\n"), {400}},
      {"a bare LF", "GET / HTTP/1.1\nHost: x\r\n\r\n", {400}},
      {"a NUL in the header", with({"X: a\0b\r\n", 8}), {400}},
      {"a field without a colon", with("field\r\n"), {400}},
      {"a blank before the colon", with("Field : x\r\n"), {400}},
      {"a field over two lines", with("Field: x\r\n y\r\n"), {400}},
      {"Content-Length twice",
       with("Content-Length: 1\r\nContent-Length: 1\r\n"),
       {400}},
      {"Content-Length as list", with("Content-Length: 1, 1\r\n"), {400}},
      {"Content-Length below zero", with("Content-Length: -1\r\n"), {400}},
      {"Content-Length in words", with("Content-Length: ten\r\n"), {400}},
      {"Content-Length without end",
       with("Content-Length: 99999999999999999999999\r\n"),
       {400, {}, 413}},
      {"Content-Length and chunks",
       with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
       {400}},
      {"chunks twice",
       with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
       {501, {}, 400}},
      {"an unknown coding", with("Transfer-Encoding: gzip\r\n"), {501}},
      {"a chunk of no size",
       with("Transfer-Encoding: chunked\r\n") + "xyz\r\n",
       {400}},
      {"a chunk larger than the world",
       with("Transfer-Encoding: chunked\r\n") + "ffffffffffffffff\r\n",
       {413, {}, 400}},
      {"an unknown expectation", with("Expect: the best\r\n"), {417}},
      // REST-016, REST-158
      {"a body over the limit", with("Content-Length: 2000000\r\n"), {413}},
      {"a header over the limit",
       with("Field: " + std::string(70'000, 'x') + "\r\n"),
       {431}},
      {"a target over the limit",
       "GET /" + std::string(20'000, 'x') + " HTTP/1.1\r\n",
       {414}},
  };
}

std::string many_fields() {
  std::string out;
  for (int i = 0; i < 500; ++i)
    out += "F" + std::to_string(i) + ": x\r\n";
  return out;
}

struct method_case {
  std::string_view name, method, path;
  wanted answer;
};

constexpr std::string_view unsupported = "operation-not-supported";

constexpr method_case methods[]{
    // REST-103
    {"TRACE", "TRACE", "{me}", {501, unsupported, 405}},
    {"a method of nobody", "BREW", "{me}", {501, unsupported, 405}},
    {"a method in small letters", "get", "{me}", {501, unsupported, 405}},
    // REST-029, REST-086
    {"DELETE of the datastore", "DELETE", "{r}/data", {405, unsupported}},
    {"DELETE of the root", "DELETE", "{r}", {405, unsupported}},
    {"DELETE of the version",
     "DELETE",
     "{r}/yang-library-version",
     {405, unsupported}},
    {"DELETE of host-meta",
     "DELETE",
     "/.well-known/host-meta",
     {405, unsupported}},
    // REST-102, DATA-111
    {"DELETE of the capabilities",
     "DELETE",
     "{dd}/capabilities",
     {405, unsupported, 400}},
    {"DELETE of a lifetime",
     "DELETE",
     "{me}/aliases/alias=web/pending-lifetime",
     {405, unsupported, 400}},
    {"DELETE of the library",
     "DELETE",
     "{r}/data/ietf-yang-library:modules-state",
     {405, unsupported, 403}},
    {"DELETE of everybody", "DELETE", "{dd}", {403, {}, 405}},
    // REST-100
    {"DELETE of all clients", "DELETE", "{dd}/dots-client", {400}},
    {"DELETE of all aliases", "DELETE", "{me}/aliases/alias", {400}},
    {"DELETE of all ACLs", "DELETE", "{me}/acls/acl", {400}},
    // DATA-172, DATA-224, REST-098
    {"DELETE of an unknown alias",
     "DELETE",
     "{me}/aliases/alias=none",
     {404, "invalid-value"}},
    {"DELETE of an unknown ACL",
     "DELETE",
     "{me}/acls/acl=none",
     {404, "invalid-value"}},
    {"DELETE of an unknown entry",
     "DELETE",
     "{me}/acls/acl=first/aces/ace=none",
     {404, "invalid-value"}},
    {"DELETE of an unknown client", "DELETE", "{dd}/dots-client=none", {404}},
    {"DELETE of a key",
     "DELETE",
     "{me}/aliases/alias=web/name",
     {400, {}, 405}},
};

struct edit_case {
  std::string_view name, method, path, body;
  wanted answer;
};

constexpr edit_case edits[]{
    {"PUT of the datastore",
     "PUT",
     "{r}/data",
     "{'ietf-restconf:data':{}}",
     {403, "access-denied"}},
    {"POST to the root", "POST", "{r}", "{'x:y':{}}", {405, unsupported}},
    {"POST to an operation",
     "POST",
     "{r}/operations/x:y",
     "{'x:input':{}}",
     {404}},
    {"PUT of the capabilities",
     "PUT",
     "{dd}/capabilities",
     "{'dots:capabilities':{'rate-limit':true}}",
     {405, unsupported, 400}},
    {"PATCH of the capabilities",
     "PATCH",
     "{dd}/capabilities",
     "{'dots:capabilities':{'rate-limit':true}}",
     {405, unsupported, 400}},
    {"POST of capabilities",
     "POST",
     "{dd}",
     "{'dots:capabilities':{'rate-limit':true}}",
     {400, {}, 405}},
    {"PUT of a lifetime",
     "PUT",
     "{me}/aliases/alias=web/pending-lifetime",
     "{'dots:pending-lifetime':5}",
     {405, unsupported, 400}},
    {"PUT of statistics",
     "PUT",
     "{me}/acls/acl=first/aces/ace=one/statistics",
     "{'dots:statistics':{}}",
     {405, unsupported, 400}},
    {"POST to host-meta",
     "POST",
     "/.well-known/host-meta",
     "{'x:y':1}",
     {405, unsupported}},
    // REST-094
    {"PATCH of an unknown alias",
     "PATCH",
     "{me}/aliases/alias=none",
     "{'dots:alias':[{'name':'none','target-prefix':['192.0.2.9/32']}]}",
     {404, "invalid-value"}},
    {"PATCH of an unknown ACL",
     "PATCH",
     "{me}/acls/acl=none",
     "{'dots:acl':[{'name':'none','activation-type':'deactivate'}]}",
     {404, "invalid-value"}},
    // REST-083, DATA-161, DATA-203
    {"POST of a known alias",
     "POST",
     "{me}/aliases",
     "{'dots:alias':[{'name':'web','target-prefix':['192.0.2.9/32']}]}",
     {409, "resource-denied"}},
    {"POST of a known alias in a container",
     "POST",
     "{me}",
     "{'dots:aliases':{'alias':[{'name':'web',"
     "'target-prefix':['192.0.2.9/32']}]}}",
     {409, "resource-denied"}},
    {"POST of a known ACL",
     "POST",
     "{me}/acls",
     "{'dots:acl':[{'name':'first','aces':{'ace':[{'name':'x',"
     "'actions':{'forwarding':'drop'}}]}}]}",
     {409, "resource-denied"}},
    {"POST of a known entry",
     "POST",
     "{me}/acls/acl=first/aces",
     "{'dots:ace':[{'name':'one','actions':{'forwarding':'drop'}}]}",
     {409, "resource-denied"}},
    // DATA-144: one is new, one is known: none is made
    {"POST of a new and a known alias",
     "POST",
     "{me}",
     "{'dots:aliases':{'alias':[{'name':'new','target-prefix':"
     "['192.0.2.9/32']},{'name':'web','target-prefix':['192.0.2.9/32']}]}}",
     {409, "resource-denied"}},
};

} // namespace

void add_http(table& to) {
  for (auto& x : broken_messages())
    to.push_back({.name = std::string{x.name},
                  .path = {},
                  .answer = x.answer,
                  .raw = std::move(x.text)});
  to.push_back({.name = "too many fields",
                .path = {},
                .answer = {431},
                .raw = std::string{start} + many_fields() + "\r\n"});
}

void add_methods(table& to) {
  for (const auto& x : methods)
    to.push_back(
        ask(std::string{x.name}, std::string{x.method}, x.path, {}, x.answer));
  for (const auto& x : edits)
    to.push_back(ask(std::string{x.name}, std::string{x.method}, x.path, x.body,
                     x.answer));
}

} // namespace tocsin::test::negative::data
