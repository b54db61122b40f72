#include "tests/sim/draw.hpp"

namespace tocsin::sim {

namespace sig = protocol::signal;
using namespace std::chrono_literals;
using std::chrono::minutes;

sig::prefix must_parse(const std::string& text) {
  return *sig::prefix::parse(text);
}

moment between(dice& d, moment low, moment high) {
  return moment{d.between(low.count(), high.count())};
}

path_quality draw_path(dice& d) {
  path_quality x;
  static const std::vector<double> losses{0, 0, 1, 5, 20, 50};
  for (auto& loss : x.loss)
    loss = d.pick(losses);
  x.duplicates = d.pick(std::vector<double>{0, 1, 10});
  x.stragglers = d.pick(std::vector<double>{0, 5, 30});
  x.fastest = between(d, 1ms, 100ms);
  x.slowest = x.fastest + between(d, 1ms, 300ms);
  x.late = between(d, 0ms, 3s);
  return x;
}

std::vector<downtime> draw_downtimes(dice& d, moment length, int most,
                                     moment longest) {
  std::vector<downtime> out;
  moment at{};
  for (auto n = d.between(0, most); n > 0; --n) {
    at += between(d, 30s, length / (most + 1));
    auto until = at + between(d, 1s, longest);
    if (until >= length)
      break;
    out.push_back({at, until, d.chance(50)});
    at = until;
  }
  return out;
}

std::vector<client_plan::cut> draw_outages(dice& d, moment length) {
  std::vector<client_plan::cut> out;
  for (auto n = d.between(0, 3); n > 0; --n) {
    auto from = between(d, 10s, length);
    auto which = d.between(0, 3);
    out.push_back(
        {from, from + between(d, 5s, minutes{20}), {which != 1, which != 2}});
  }
  return out;
}

} // namespace tocsin::sim
