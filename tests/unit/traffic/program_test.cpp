// The program as others start it.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <string>

#include <sys/wait.h>

namespace {

struct outcome {
  int code = -1;
  std::string output; ///< both streams
};

outcome run(const std::string& arguments) {
  auto line = "exec 2>&1; T='" TOCSIN_TRAFFIC "'; $T " + arguments;
  outcome x;
  auto* pipe = ::popen(line.c_str(), "r");
  if (!pipe)
    return x;
  std::array<char, 256> buffer;
  while (std::fgets(buffer.data(), buffer.size(), pipe))
    x.output += buffer.data();
  int status = ::pclose(pipe);
  x.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return x;
}

} // namespace

TEST(program, refuses_foreign_targets_before_it_sends) {
  for (auto target : {"8.8.8.8:53", "192.168.1.1:53", "[2606:4700::1111]:53",
                      "255.255.255.255:53"})
    for (auto command : {"flood", "visit"}) {
      auto x = run(std::string{command} + " --rate 1 --seconds 1 --to '"
                   + target + "'");
      EXPECT_EQ(x.code, 2) << target;
      EXPECT_NE(x.output.find("is refused"), std::string::npos) << x.output;
    }
}

TEST(program, serves_at_no_foreign_address) {
  auto x = run("victim --address 0.0.0.0 --tcp 0 --udp 0 --log /dev/null");
  EXPECT_EQ(x.code, 2);
}

TEST(program, refuses_rates_and_times_beyond_its_bounds) {
  EXPECT_EQ(run("flood --to 127.0.0.1:9 --rate 200001 --seconds 1").code, 2);
  EXPECT_EQ(run("flood --to 127.0.0.1:9 --rate 1 --seconds 601").code, 2);
}

TEST(program, sends_visits_and_a_flood_to_a_victim_that_counts_both) {
  auto x = run(R"(--help >/dev/null; d=$(mktemp -d); mkfifo $d/f
    $T victim --tcp 0 --udp 0 --log /dev/null >$d/f & victim=$!
    exec 3<$d/f; read -r ports <&3
    tcp=${ports#*:}; tcp=${tcp%%,*}; udp=${ports##*:}; udp=${udp%\}}
    $T visit --to 127.0.0.1:$tcp --rate 50 --seconds 1 & visitor=$!
    $T flood --to 127.0.0.1:$udp --rate 500 --seconds 1 --sources 3
    wait $visitor; kill $victim; wait $victim; cat <&3; rm -r $d)");
  EXPECT_NE(x.output.find("\"lost\":0"), std::string::npos) << x.output;
  EXPECT_NE(x.output.find("\"refused\":0"), std::string::npos) << x.output;
  EXPECT_NE(x.output.find("\"udp_packets\":"), std::string::npos) << x.output;
  EXPECT_EQ(x.output.find("_packets\":0"), std::string::npos) << x.output;
  EXPECT_EQ(x.output.find("_requests\":0"), std::string::npos) << x.output;
}
