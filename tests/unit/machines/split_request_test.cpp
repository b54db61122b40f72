#include "protocol/signal/codec.hpp"
#include "protocol/signal/scope.hpp"
#include "protocol/signal/split_request.hpp"

#include <gtest/gtest.h>

namespace tocsin::protocol::signal {
namespace {

mitigation large() {
  mitigation out;
  out.lifetime = 3600;
  for (int i = 0; i < 60; ++i)
    out.what.prefixes.push_back(
        *prefix::parse("198.51.100." + std::to_string(4 * i)));
  out.what.ports = {{80, 80}};
  out.what.fqdns = {"a.example", "b.example"};
  out.what.uris = {"https://198.51.100.4/x", "https://B.example/y"};
  return out;
}

// SIG-360
TEST(split_request, gives_parts_that_fit_and_do_not_overlap) {
  auto parts = split_request(large(), 200);
  ASSERT_TRUE(parts);
  EXPECT_GT(parts->size(), 4u);
  target all;
  for (const auto& x : *parts) {
    EXPECT_LE(encode(mitigation_scope{{x}}).size(), 200u);
    EXPECT_EQ(x.lifetime, 3600);
    EXPECT_EQ(x.what.ports, large().what.ports);
    for (const auto& y : *parts)
      EXPECT_TRUE(&x == &y || !overlaps(x.what, y.what));
    all.prefixes.insert(all.prefixes.end(), x.what.prefixes.begin(),
                        x.what.prefixes.end());
    all.fqdns.insert(all.fqdns.end(), x.what.fqdns.begin(), x.what.fqdns.end());
    all.uris.insert(all.uris.end(), x.what.uris.begin(), x.what.uris.end());
  }
  all.ports = large().what.ports;
  EXPECT_EQ(canonical(all), canonical(large().what));
  EXPECT_EQ(*parts, *split_request(large(), 200));
}

TEST(split_request, leaves_alone_what_fits) {
  EXPECT_EQ(*split_request(large(), 5000), std::vector{large()});
}

TEST(split_request, names_the_element_that_fits_nowhere) {
  auto x = large();
  x.what.fqdns = {std::string(190, 'a') + ".example"};
  auto parts = split_request(x, 150);
  ASSERT_FALSE(parts);
  EXPECT_EQ(parts.error().code, ec::too_large);
  EXPECT_EQ(parts.error().where, "target-fqdn");
}

} // namespace
} // namespace tocsin::protocol::signal
