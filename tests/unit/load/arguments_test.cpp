#include "tools/load/arguments.hpp"

#include <gmock/gmock.h>

#include <CLI/CLI.hpp>

#include <sstream>

namespace tocsin::tools::load {

namespace {

using testing::HasSubstr;

const std::string who = " --server-name s --certificate c --key k --ca a";

struct outcome {
  arguments with;
  std::string error; ///< empty: it was understood
};

outcome parse(const std::string& line) {
  outcome out;
  CLI::App app{"", "tocsin-load"};
  describe(app, out.with);
  try {
    app.parse(line);
  } catch (const CLI::ParseError& e) {
    std::ostringstream text;
    app.exit(e, text, text);
    out.error = text.str();
  }
  return out;
}

} // namespace

TEST(arguments, tell_an_open_from_a_closed_loop) {
  EXPECT_EQ(parse("run" + who).with.rate, 0U);
  auto x = parse("run --rate 5000 --sessions 10 --mix put=1,delete=1" + who);
  EXPECT_EQ(x.error, "");
  EXPECT_EQ(x.with.mode, "run");
  EXPECT_EQ(x.with.rate, 5000U);
  EXPECT_EQ(x.with.sessions, 10U);
  EXPECT_EQ(x.with.mix.weight(request_kind::heartbeat), 0U);
  EXPECT_EQ(x.with.mix.weight(request_kind::del), 1U);
}

TEST(arguments, have_short_names_for_mixes_of_one_kind) {
  for (auto kind :
       {request_kind::heartbeat, request_kind::get, request_kind::put}) {
    auto x = parse(std::string{name_of(kind)} + who);
    EXPECT_EQ(x.error, "");
    EXPECT_EQ(x.with.mode, "run");
    EXPECT_EQ(x.with.mix.weight(kind), 1U);
  }
}

TEST(arguments, refuse_any_server_that_is_not_on_loopback) {
  const std::vector<std::string> modes{
      "run" + who,           "idle" + who,     "handshake" + who, "storm" + who,
      "vanish" + who,        "flood hello",    "flood cookie",    "flood noise",
      "flood garbage" + who, "data-get" + who, "data-put" + who};
  for (const auto& mode : modes) {
    EXPECT_EQ(parse(mode + " --server 127.0.0.2:4646").error, "") << mode;
    for (auto server : {"192.0.2.1:4646", "8.8.8.8:53", "[::1]:4646"})
      EXPECT_THAT(parse(mode + " --server " + server).error,
                  HasSubstr("127.0.0.0/8 only"))
          << mode;
  }
}

TEST(arguments, bound_every_number) {
  for (auto line :
       {"run --sessions 0", "run --sessions 200001", "run --rate 1000001",
        "run --rate -1", "run --outstanding 0", "run --window 3600001",
        "run --windows 1001", "storm --count 0", "storm --count 1000001",
        "vanish --duration 0", "vanish --duration 3601",
        "flood garbage --count 100000001"})
    EXPECT_NE(parse(line + who).error, "") << line;
}

TEST(arguments, say_what_is_wrong_with_a_mix) {
  EXPECT_THAT(parse("run --mix post=1" + who).error,
              HasSubstr("names are heartbeat, get, put, delete"));
}

TEST(arguments, need_an_identity_where_there_are_sessions) {
  EXPECT_THAT(parse("run").error, HasSubstr("--server-name"));
  EXPECT_EQ(parse("flood hello").error, "");
  EXPECT_NE(parse("flood garbage").error, "");
}

TEST(arguments, need_a_measurement) {
  EXPECT_NE(parse("").error, "");
  EXPECT_NE(parse("flood").error, "");
  EXPECT_THAT(parse("--help").error, HasSubstr("tocsin pki init"));
}

} // namespace tocsin::tools::load
