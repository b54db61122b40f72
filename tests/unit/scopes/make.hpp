#pragma once
#include "protocol/signal/body.hpp"

#include <gtest/gtest.h>
#include <initializer_list>
#include <string_view>
#include <vector>

/// Short ways to write values in tests.
namespace tocsin::protocol::signal::test {

inline prefix pfx(std::string_view text) {
  auto parsed = prefix::parse(text);
  if (!parsed)
    ADD_FAILURE() << text << ": " << to_string(parsed.error());
  return parsed ? *parsed : prefix{};
}

inline std::vector<prefix>
prefixes(std::initializer_list<std::string_view> texts) {
  std::vector<prefix> out;
  for (auto x : texts)
    out.push_back(pfx(x));
  return out;
}

inline target at(std::initializer_list<std::string_view> texts) {
  target out;
  out.prefixes = prefixes(texts);
  return out;
}

inline target named(std::string_view fqdn) {
  target out;
  out.fqdns.emplace_back(fqdn);
  return out;
}

inline target with_uri(std::string_view uri) {
  target out;
  out.uris.emplace_back(uri);
  return out;
}

inline target with_alias(std::string_view alias) {
  target out;
  out.aliases.emplace_back(alias);
  return out;
}

} // namespace tocsin::protocol::signal::test
