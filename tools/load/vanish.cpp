#include "tools/load/crowd.hpp"
#include "tools/load/requests.hpp"

namespace tocsin::tools::load {

namespace {

using clock_type = std::chrono::steady_clock;

class vanishing final : crowd {
public:
  explicit vanishing(const arguments& with)
      : crowd{with}, with_{with}, meter_{with.watch} {}

  result<load_report> run() {
    if (auto ok = connect(); !ok)
      return ok.error();
    if (with_.leave_mitigations)
      if (auto ok = prepare(false); !ok)
        return ok.error();
    auto began = clock_type::now();
    meter_.begin(began);
    std::uint64_t ignored = 0;
    for (auto now = began; now < began + with_.duration;
         now = clock_type::now())
      ignored += clients().ignore(began + with_.duration - now);
    meter_.end(clock_type::now());
    auto out = report();
    out.measured = meter_.result();
    out.counted.emplace_back("datagrams_ignored", ignored);
    return out;
  }

private:
  const arguments& with_;
  meter meter_;
};

} // namespace

result<load_report> run_vanish(const arguments& with) {
  return vanishing{with}.run();
}

} // namespace tocsin::tools::load
