#include "tools/traffic/arguments.hpp"

#include <charconv>
#include <map>
#include <set>

namespace tocsin::tools::traffic {

namespace {

using options = std::map<std::string, std::string>;

result<options> split(std::span<const std::string> words,
                      const std::set<std::string>& known) {
  options found;
  for (std::size_t i = 0; i < words.size(); i += 2) {
    if (!known.contains(words[i]))
      return fail(ec::unknown, words[i], "is no option of this command");
    if (i + 1 == words.size())
      return fail(ec::missing, words[i], "needs a value");
    if (!found.emplace(words[i], words[i + 1]).second)
      return fail(ec::conflict, words[i], "is given twice");
  }
  return found;
}

/// Takes options one after the other; the first thing that is wrong remains.
class taker {
public:
  explicit taker(const options& from) : from_{from} {}

  void number(const std::string& name, std::uint64_t low, std::uint64_t high,
              auto& to, bool required = true) {
    auto* text = find(name, required);
    if (!text)
      return;
    std::uint64_t value = 0;
    auto* end = text->data() + text->size();
    auto [stop, error] = std::from_chars(text->data(), end, value);
    if (error != std::errc{} || stop != end || value < low || value > high)
      refuse(fail(ec::out_of_range, name + ' ' + *text,
                  "must be a number from " + std::to_string(low) + " to "
                      + std::to_string(high)));
    else
      to = static_cast<std::remove_reference_t<decltype(to)>>(value);
  }

  void seconds(std::chrono::seconds& to) {
    std::uint64_t value = 0;
    number("--seconds", 1, max_seconds, value);
    to = std::chrono::seconds{value};
  }

  template <class T>
  void parsed(const std::string& name, T& to, bool required) {
    auto* text = find(name, required);
    if (!text)
      return;
    if (auto value = T::parse(*text))
      to = *value;
    else
      refuse(value.error());
  }

  void text(const std::string& name, std::string& to, bool required) {
    if (auto* value = find(name, required))
      to = *value;
  }

  result<command> finish(command done) const {
    if (!problem_)
      return problem_.error();
    return done;
  }

private:
  const std::string* find(const std::string& name, bool required) {
    if (auto i = from_.find(name); i != from_.end())
      return &i->second;
    if (required)
      refuse(fail(ec::missing, name, "is required"));
    return nullptr;
  }

  void refuse(failure why) {
    if (problem_)
      problem_ = std::move(why);
  }

  const options& from_;
  result<void> problem_;
};

result<command> parse_flood(std::span<const std::string> words) {
  auto given = split(
      words, {"--to", "--rate", "--seconds", "--size", "--sources", "--log"});
  if (!given)
    return given.error();
  flood_options x;
  taker take{*given};
  take.parsed("--to", x.to, true);
  take.number("--rate", 1, max_flood_rate, x.rate);
  take.seconds(x.duration);
  take.number("--size", min_size, max_size, x.size, false);
  take.number("--sources", 1, max_sources, x.sources, false);
  take.text("--log", x.log, false);
  return take.finish(x);
}

result<command> parse_visit(std::span<const std::string> words) {
  auto given = split(words, {"--to", "--rate", "--seconds", "--log"});
  if (!given)
    return given.error();
  visit_options x;
  taker take{*given};
  take.parsed("--to", x.to, true);
  take.number("--rate", 1, max_visit_rate, x.rate);
  take.seconds(x.duration);
  take.text("--log", x.log, false);
  return take.finish(x);
}

result<command> parse_victim(std::span<const std::string> words) {
  auto given = split(words, {"--address", "--tcp", "--udp", "--log"});
  if (!given)
    return given.error();
  victim_options x{*address::parse("127.0.0.1"), 0, 0, {}};
  taker take{*given};
  take.parsed("--address", x.host, false);
  take.number("--tcp", 0, 65535, x.tcp);
  take.number("--udp", 0, 65535, x.udp);
  take.text("--log", x.log, true);
  return take.finish(x);
}

} // namespace

result<command> parse(std::span<const std::string> words) {
  if (words.empty())
    return fail(ec::missing, "command", "flood, visit or victim");
  const auto& name = words[0];
  auto rest = words.subspan(1);
  if (name == "--help" || name == "-h")
    return command{help{}};
  if (name == "flood")
    return parse_flood(rest);
  if (name == "visit")
    return parse_visit(rest);
  if (name == "victim")
    return parse_victim(rest);
  return fail(ec::unknown, name, "is no command; flood, visit or victim are");
}

std::string usage() {
  return R"(Traffic for demos and tests of Tocsin.

tocsin-traffic flood --to ADDRESS:PORT --rate PACKETS --seconds S
                     [--size OCTETS] [--sources PORTS] [--log FILE]
  A UDP flood of at most 200000 packets a second for at most 600 s.
tocsin-traffic visit --to ADDRESS:PORT --rate VISITS --seconds S [--log FILE]
  Visitors of a TCP service: connect, ask, read the answer, close.
tocsin-traffic victim --tcp PORT --udp PORT [--address ADDRESS] --log FILE
  The service; counts what arrives until SIGTERM. Port 0: the system chooses.

Traffic goes to loopback addresses only, or, in a network namespace of its own
that has no other addresses, to those reserved for documentation: 192.0.2.0/24,
198.51.100.0/24, 203.0.113.0/24 and 2001:db8::/32. No option changes that.

A log has a line for every 20 ms: the time in milliseconds since 1970, and what
happened in that bin. flood: packets sent. visit: asked, answered, lost.
victim: UDP packets, TCP requests. Each command ends with one line of JSON.
)";
}

} // namespace tocsin::tools::traffic
