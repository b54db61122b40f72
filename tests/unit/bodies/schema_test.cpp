#include "protocol/schema/fields.hpp"

#include <gtest/gtest.h>

namespace tocsin::protocol::schema {

// SIG-319, SIG-323, SIG-310, FILT-013, FILT-035
TEST(schema, has_the_elements_of_the_rfcs) {
  struct {
    std::uint16_t key;
    std::string_view leaf;
  } rows[]{{1, "ietf-dots-signal-channel:mitigation-scope"},
           {6, "target-prefix"},
           {14, "lifetime"},
           {29, "attack-status"},
           {30, "ietf-dots-signal-channel:signal-config"},
           {46, "ietf-dots-signal-channel:redirected-signal"},
           {49, "ietf-dots-signal-channel:heartbeat"},
           {51, "peer-hb-status"},
           {52, "activation-type"},
           {53, "ietf-dots-signal-control:acl-list"}};
  for (const auto& row : rows) {
    ASSERT_TRUE(find_field(std::uint64_t{row.key}));
    EXPECT_EQ(find_field(std::uint64_t{row.key})->leaf, row.leaf);
    EXPECT_EQ(find_field(row.leaf)->key, row.key);
    EXPECT_TRUE(comprehension_required(row.key));
  }
  EXPECT_EQ(find_field(std::uint64_t{54}), nullptr);
  EXPECT_EQ(find_field("no-such-leaf"), nullptr);
}

// SIG-385, SIG-022, SIG-384
TEST(schema, knows_the_key_ranges) {
  for (std::uint64_t key : {1, 51, 52, 127, 256, 16383})
    EXPECT_TRUE(comprehension_required(key)) << key;
  for (std::uint64_t key : {128, 255, 16384, 32767, 32768, 49152, 65535}) {
    EXPECT_FALSE(comprehension_required(key)) << key;
    EXPECT_TRUE(valid_key(key)) << key;
  }
  EXPECT_FALSE(valid_key(0));
  EXPECT_FALSE(valid_key(65536));
}

// SIG-386, SIG-173, SIG-138, SIG-139, SIG-197
TEST(schema, numbers_the_labels_from_one) {
  EXPECT_EQ(label(status_labels, 8), "attack-mitigation-signal-loss");
  EXPECT_EQ(label(conflict_status_labels, 3), "all-requests-inactive");
  EXPECT_EQ(label(conflict_cause_labels, 3), "cuid-collision");
  EXPECT_EQ(label(attack_status_labels, 2), "attack-successfully-mitigated");
  EXPECT_EQ(label(status_labels, 0), "");
  EXPECT_EQ(label(status_labels, 9), "");
  EXPECT_EQ(value_of(status_labels, "attack-stopped"), 3u);
  EXPECT_EQ(value_of(status_labels, "attack"), 0u);
}

TEST(schema, writes_a_reference_with_a_line_for_each_element) {
  auto text = write_reference();
  EXPECT_NE(text.find("| 14 | `lifetime` | integer | -1 to 4294967295 | both | "
                      "scope | 4.4.1.1 |"),
            std::string::npos);
  EXPECT_NE(text.find("| 29 | `attack-status` | enumeration | 1 under-attack, "
                      "2 attack-successfully-mitigated | request |"),
            std::string::npos);
  EXPECT_EQ(std::ranges::count(text, '\n'), 2 + 53 + 3);
}

} // namespace tocsin::protocol::schema
