#include "transports/association_table.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace tocsin::transports {
namespace {

association_key key_of(std::uint32_t number) {
  std::array<std::uint8_t, 4> octets{10,
                                     static_cast<std::uint8_t>(number >> 16),
                                     static_cast<std::uint8_t>(number >> 8),
                                     static_cast<std::uint8_t>(number)};
  return {{0}, socket_address::v4(octets, 1000), {}};
}

TEST(association_table, every_part_of_the_key_matters) {
  association_table uut;
  auto base = key_of(1);
  auto id = uut.reserve(base);
  EXPECT_EQ(uut.find(base), std::nullopt) << "reserved is not listed";
  uut.list(id);
  EXPECT_EQ(uut.find(base), id);
  auto other = base;
  other.socket.value = 1;
  EXPECT_EQ(uut.find(other), std::nullopt);
  other = base;
  other.peer = other.peer.with_port(1001);
  EXPECT_EQ(uut.find(other), std::nullopt);
  other = base;
  other.local = other.local.with_port(1);
  EXPECT_EQ(uut.find(other), std::nullopt);
}

TEST(association_table, a_released_slot_makes_old_names_stale) {
  association_table uut;
  auto old = uut.reserve(key_of(1));
  uut.list(old);
  uut.release(old);
  auto fresh = uut.reserve(key_of(2));
  EXPECT_EQ(fresh.slot, old.slot);
  EXPECT_EQ(uut.find(old), nullptr);
  EXPECT_EQ(uut.release(old), nullptr);
  EXPECT_NE(uut.find(fresh), nullptr);
}

TEST(association_table, agrees_with_a_map_under_random_operations) {
  association_table uut;
  std::map<std::uint32_t, association> model;
  std::mt19937 random{3};
  for (int i = 0; i < 60000; ++i) {
    auto number = random() % 3000;
    auto known = model.find(number);
    auto found = uut.find(key_of(number));
    ASSERT_EQ(found.has_value(), known != model.end());
    if (known == model.end()) {
      auto id = uut.reserve(key_of(number));
      uut.list(id);
      model.emplace(number, id);
    } else {
      ASSERT_EQ(*found, known->second);
      if (random() % 2 == 0) {
        uut.release(known->second);
        model.erase(known);
      }
    }
    ASSERT_EQ(uut.size(), model.size());
  }
  EXPECT_EQ(uut.all().size(), model.size());
}

} // namespace
} // namespace tocsin::transports
