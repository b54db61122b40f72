#include "tests/support/temporary_directory.hpp"
#include "transports/resumption_cache.hpp"
#include "transports/ticket_keys.hpp"

#include <gtest/gtest.h>

namespace tocsin::transports {
namespace {

class ticket_keys_test : public ::testing::Test {
protected:
  test::temporary_directory directory;
  std::shared_ptr<const ticket_keys> keys = ticket_keys::random();
  static constexpr unix_seconds begin = 1000 * ticket_period.count();
};

TEST_F(ticket_keys_test, tickets_live_for_one_to_two_periods) {
  auto period = ticket_period.count();
  auto ticket = keys->seal(as_octets("session"), {}, begin);
  EXPECT_EQ(ticket.size(), 7 + ticket_keys::overhead);
  for (auto later : {unix_seconds{0}, period, 2 * period - 1}) {
    auto text = keys->open(ticket, {}, begin + later);
    ASSERT_TRUE(text) << later;
    EXPECT_EQ(as_text(*text), "session");
  }
  EXPECT_FALSE(keys->open(ticket, {}, begin + 2 * period));
  EXPECT_FALSE(keys->open(ticket, {}, begin - 1));
}

TEST_F(ticket_keys_test, other_secrets_contexts_and_octets_open_nothing) {
  auto ticket = keys->seal(as_octets("session"), as_octets("a"), begin);
  EXPECT_FALSE(keys->open(ticket, as_octets("b"), begin));
  EXPECT_FALSE(ticket_keys::random()->open(ticket, as_octets("a"), begin));
  for (std::size_t i = 0; i < ticket.size(); ++i) {
    auto changed = ticket;
    changed[i] ^= 1;
    EXPECT_FALSE(keys->open(changed, as_octets("a"), begin)) << i;
    EXPECT_FALSE(keys->open(byte_view{ticket}.first(i), as_octets("a"), begin));
  }
  EXPECT_NE(keys->dtls_key(as_octets("a")), keys->dtls_key(as_octets("b")));
  EXPECT_EQ(keys->dtls_key({}).size(), 64u);
}

TEST_F(ticket_keys_test, the_file_is_made_once_and_for_its_owner_only) {
  auto file = directory.path() / "tickets";
  auto first = ticket_keys::load_or_create(file);
  ASSERT_TRUE(first) << to_string(first.error());
  EXPECT_EQ(std::filesystem::status(file).permissions(),
            std::filesystem::perms{0600});
  auto second = ticket_keys::load_or_create(file);
  ASSERT_TRUE(second);
  EXPECT_EQ((*first)->dtls_key({}), (*second)->dtls_key({}));
  EXPECT_NE((*first)->dtls_key({}), keys->dtls_key({}));
}

TEST_F(ticket_keys_test, a_bad_file_is_refused) {
  auto small = directory.write("small", std::string(63, 'x'), 0600);
  EXPECT_EQ(ticket_keys::load_or_create(small).error().code, ec::malformed);
  auto open = directory.write("open", std::string(64, 'x'), 0640);
  EXPECT_EQ(ticket_keys::load_or_create(open).error().code, ec::unauthorized);
  auto nowhere = directory.path() / "absent" / "tickets";
  EXPECT_EQ(ticket_keys::load_or_create(nowhere).error().code, ec::io);
}

TEST(resumption_cache, sessions_are_handed_out_once_and_are_bounded) {
  resumption_cache cache{2};
  cache.put("a", {{1}, {}, {}});
  cache.put("b", {{2}, {}, {}});
  cache.put("a", {{3}, {}, {}}); // replaces, and is the youngest
  cache.put("c", {{4}, {}, {}});
  EXPECT_EQ(cache.size(), 2u);
  EXPECT_FALSE(cache.take("b"));
  EXPECT_EQ(cache.take("a")->state, bytes{3});
  EXPECT_FALSE(cache.take("a"));
  EXPECT_EQ(cache.take("c")->state, bytes{4});
}

} // namespace
} // namespace tocsin::transports
