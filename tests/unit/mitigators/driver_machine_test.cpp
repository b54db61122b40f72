#include "mitigators/driver_machine.hpp"
#include "tests/unit/mitigators/make.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tocsin::mitigators {

namespace {

using test::make_entry;
using test::make_filters;
using test::make_rule;
using testing::ElementsAre;

/// Keeps the ids in force and can be told to fail.
class fake_backend final : public backend {
public:
  to_node::hello describe() const override {
    to_node::hello x;
    x.driver = "fake";
    x.counters = true;
    x.filters = filtering;
    return x;
  }
  failures sync(const batch& all) override {
    ids.clear();
    return install(all);
  }
  failures install(const batch& some) override {
    failures result;
    for (const auto& x : some.rules)
      if (x.id == bad)
        result.push_back({x.id, ec::io, "broken"});
      else
        ids.push_back(x.id);
    for (const auto& x : some.filters)
      ids.push_back(x.id);
    return result;
  }
  failures withdraw(const std::vector<std::string>& gone) override {
    for (const auto& id : gone)
      std::erase(ids, id);
    return {};
  }
  result<mitigators::totals> counters() override { return totals; }
  to_node::status health() const override { return state; }
  void shutdown(bool) override {}

  std::vector<std::string> ids;
  std::string bad;
  bool filtering = true;
  mitigators::totals totals;
  to_node::status state;
};

class driver_machine_test : public testing::Test {
protected:
  std::vector<report> reports(const std::string& lines) {
    auto splitter = make_splitter();
    splitter.push(lines);
    std::vector<report> result;
    while (auto line = splitter.next())
      result.push_back(*decode_report(line->text));
    return result;
  }
  std::vector<report> send(const order& x) {
    auto splitter = make_splitter();
    splitter.push(encode(x));
    std::string answers;
    while (auto line = splitter.next())
      answers += uut.on_line(*line);
    return reports(answers);
  }
  void start() {
    send(to_driver::hello{});
    send(to_driver::sync{1, {}});
  }

  fake_backend fake;
  driver_machine uut{fake};
};

} // namespace

TEST_F(driver_machine_test, a_hello_is_answered_with_hello_and_status) {
  auto answers = send(to_driver::hello{});
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_EQ(std::get<to_node::hello>(answers[0]).driver, "fake");
  EXPECT_TRUE(std::holds_alternative<to_node::status>(answers[1]));
}

TEST_F(driver_machine_test, another_version_is_refused_and_ends_the_driver) {
  auto answers = send(to_driver::hello{2, "", ""});
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(std::get<to_node::error>(answers[0]).code, ec::unsupported);
  EXPECT_TRUE(uut.over());
  EXPECT_TRUE(uut.refused());
}

TEST_F(driver_machine_test, nothing_is_done_before_hello_and_sync) {
  to_driver::install install{4, {make_rule("a", {"::/0"})}};
  auto error = std::get<to_node::error>(send(install).at(0));
  EXPECT_EQ(error.seq, 4u);
  send(to_driver::hello{});
  EXPECT_EQ(std::get<to_node::error>(send(install).at(0)).code, ec::conflict);
  EXPECT_TRUE(fake.ids.empty());
  send(to_driver::sync{5, {}});
  EXPECT_EQ(std::get<to_node::done>(send(install).at(0)).seq, 4u);
}

TEST_F(driver_machine_test, failures_are_told_per_rule) {
  start();
  fake.bad = "b";
  auto answers = send(to_driver::install{
      2, {make_rule("a", {"::/0"}), make_rule("b", {"::/0"})}});
  to_node::done expected{2, {{"b", ec::io, "broken"}}};
  EXPECT_EQ(std::get<to_node::done>(answers.at(0)), expected);
}

TEST_F(driver_machine_test, the_lines_of_a_divided_order_are_one_order) {
  start();
  to_driver::sync part{7, {make_rule("a", {"::/0"})}, true, 0};
  EXPECT_TRUE(send(part).empty());
  EXPECT_TRUE(fake.ids.empty());
  part = {7, {make_rule("b", {"::/0"}), make_rule("a", {"::/1"})}, false, 1};
  EXPECT_EQ(std::get<to_node::done>(send(part).at(0)).seq, 7u);
  EXPECT_THAT(fake.ids, ElementsAre("b", "a"));
}

TEST_F(driver_machine_test, half_a_sync_withdraws_nothing) {
  start();
  send(to_driver::install{2, {make_rule("a", {"::/0"})}});
  // The first line was lost: its rest must not pass for the whole.
  auto answers = send(to_driver::sync{3, {}, false, 1});
  EXPECT_EQ(std::get<to_node::error>(answers.at(0)).seq, 3u);
  // A line of another order in between.
  send(to_driver::sync{4, {}, true, 0});
  send(to_driver::withdraw{5, {}, false, 1});
  send(to_driver::sync{4, {}, false, 1});
  EXPECT_THAT(fake.ids, ElementsAre("a"));
}

TEST_F(driver_machine_test, a_malformed_line_is_answered_and_passed_over) {
  start();
  auto answers = reports(uut.on_line({R"({"type":"fly","seq":3})", false}));
  auto error = std::get<to_node::error>(answers.at(0));
  EXPECT_EQ(error.seq, 3u);
  EXPECT_EQ(error.code, ec::unknown);
  answers = reports(uut.on_line({"", true}));
  EXPECT_EQ(std::get<to_node::error>(answers.at(0)).code, ec::too_large);
  EXPECT_FALSE(uut.over());
}

TEST_F(driver_machine_test, only_changed_counters_are_reported) {
  start();
  fake.totals.rules = {{"a", 1, 10}, {"b", 0, 0}};
  auto first = std::get<to_node::counters>(reports(uut.on_tick()).at(0));
  EXPECT_THAT(first.rules, ElementsAre(rule_counters{"a", 1, 10}));
  EXPECT_TRUE(uut.on_tick().empty());
  fake.totals.rules[1].packets = 5;
  auto second = std::get<to_node::counters>(reports(uut.on_tick()).at(0));
  EXPECT_THAT(second.rules, ElementsAre(rule_counters{"b", 5, 0}));
}

TEST_F(driver_machine_test, a_changed_view_of_the_attack_is_reported) {
  start();
  fake.totals.rules = {{"a", 1, 10}};
  uut.on_tick();
  fake.totals.rules[0].attack = attack::stopped;
  auto said = std::get<to_node::counters>(reports(uut.on_tick()).at(0));
  EXPECT_THAT(said.rules, ElementsAre(fake.totals.rules[0]));
  EXPECT_TRUE(uut.on_tick().empty());
}

TEST_F(driver_machine_test, the_last_counters_come_before_the_withdrawal) {
  start();
  fake.totals.rules = {{"a", 3, 30}};
  auto answers = send(to_driver::withdraw{2, {"a"}});
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_TRUE(std::holds_alternative<to_node::counters>(answers[0]));
  EXPECT_TRUE(std::holds_alternative<to_node::done>(answers[1]));
}

TEST_F(driver_machine_test, a_rule_of_a_used_id_counts_from_zero_again) {
  start();
  fake.totals.rules = {{"a", 3, 30}};
  uut.on_tick();
  send(to_driver::withdraw{2, {"a"}});
  EXPECT_EQ(reports(uut.on_tick()).size(), 1u);
  send(to_driver::sync{3, {}});
  EXPECT_EQ(reports(uut.on_tick()).size(), 1u);
  EXPECT_TRUE(uut.on_tick().empty());
}

TEST_F(driver_machine_test, a_change_of_health_is_told_once) {
  start();
  EXPECT_TRUE(uut.on_tick().empty());
  fake.state.health = to_node::health::overloaded;
  auto answers = reports(uut.on_tick());
  EXPECT_EQ(std::get<to_node::status>(answers.at(0)), fake.state);
  EXPECT_TRUE(uut.on_tick().empty());
}

TEST_F(driver_machine_test, nothing_follows_a_bye) {
  start();
  send(to_driver::bye{});
  EXPECT_TRUE(uut.over());
  EXPECT_FALSE(uut.refused());
  EXPECT_TRUE(send(to_driver::sync{2, {}}).empty());
}

TEST_F(driver_machine_test, filter_sets_go_with_the_rules) {
  start();
  to_driver::install part{2, {make_rule("a", {"::/0"})}, true, 0};
  part.filters = {make_filters("f", {make_entry("1", {"::/0"})})};
  EXPECT_TRUE(send(part).empty());
  part = {2, {}, false, 1};
  part.filters = {make_filters("g", {make_entry("1", {"::/0"})}),
                  make_filters("f", {make_entry("2", {"::/0"})})};
  EXPECT_EQ(send(part).size(), 1u);
  EXPECT_THAT(fake.ids, ElementsAre("a", "g", "f"));
  send(to_driver::withdraw{3, {"a", "f"}});
  EXPECT_THAT(fake.ids, ElementsAre("g"));
}

TEST_F(driver_machine_test, a_driver_without_filters_fails_them_only) {
  fake.filtering = false;
  start();
  to_driver::install part{2, {make_rule("a", {"::/0"})}};
  part.filters = {make_filters("f", {make_entry("1", {"::/0"})})};
  auto done = std::get<to_node::done>(send(part).at(0));
  ASSERT_EQ(done.failures.size(), 1u);
  EXPECT_EQ(done.failures[0].id, "f");
  EXPECT_EQ(done.failures[0].code, ec::unsupported);
  EXPECT_THAT(fake.ids, ElementsAre("a"));
}

TEST_F(driver_machine_test, an_id_names_a_rule_or_a_filter_set) {
  start();
  send(to_driver::install{2, {make_rule("a", {"::/0"})}, true, 0});
  to_driver::install rest{2, {}, false, 1};
  rest.filters = {make_filters("a", {make_entry("1", {"::/0"})})};
  EXPECT_EQ(std::get<to_node::error>(send(rest).at(0)).code, ec::conflict);
  EXPECT_TRUE(fake.ids.empty());
}

TEST_F(driver_machine_test, changed_counters_of_entries_are_reported) {
  start();
  fake.totals.filters = {{"f", "1", 2, 20}, {"f", "2", 0, 0}};
  auto first = std::get<to_node::counters>(reports(uut.on_tick()).at(0));
  EXPECT_TRUE(first.rules.empty());
  EXPECT_THAT(first.filters, ElementsAre(entry_counters{"f", "1", 2, 20}));
  EXPECT_TRUE(uut.on_tick().empty());
}

TEST_F(driver_machine_test, an_entry_that_left_its_set_counts_from_zero_again) {
  start();
  fake.totals.filters = {{"f", "1", 2, 20}, {"f", "2", 3, 30}};
  EXPECT_EQ(reports(uut.on_tick()).size(), 1u);
  to_driver::install part{2, {}};
  part.filters = {make_filters("f", {make_entry("2", {"::/0"})})};
  send(part);
  auto again = std::get<to_node::counters>(reports(uut.on_tick()).at(0));
  EXPECT_THAT(again.filters, ElementsAre(entry_counters{"f", "1", 2, 20}));
  send(to_driver::withdraw{3, {"f"}}); // tells all totals for the last time
  EXPECT_EQ(reports(uut.on_tick()).size(), 1u);
  send(to_driver::sync{4, {}});
  EXPECT_EQ(reports(uut.on_tick()).size(), 1u);
  EXPECT_TRUE(uut.on_tick().empty());
}

TEST_F(driver_machine_test, totals_beyond_a_line_come_in_several) {
  start();
  for (int i = 0; i < 40'000; ++i)
    fake.totals.filters.push_back(
        {std::string(64, 'f'), std::to_string(i), 1, 1});
  std::size_t count = 0;
  auto all = reports(uut.on_tick());
  EXPECT_GT(all.size(), 1u);
  for (const auto& x : all)
    count += std::get<to_node::counters>(x).filters.size();
  EXPECT_EQ(count, 40'000u);
}

} // namespace tocsin::mitigators
