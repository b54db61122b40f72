// tocsin-traffic: bounded traffic for demos and tests.
#include "tools/traffic/run.hpp"
#include "tools/traffic/safety.hpp"
#include "tools/traffic/system.hpp"

#include <cstdio>
#include <vector>

namespace {

using namespace tocsin;
using namespace tocsin::tools::traffic;

int refuse(const failure& why, int code) {
  std::fprintf(stderr, "tocsin-traffic: %s %s\n", why.where.c_str(),
               why.detail.c_str());
  return code;
}

const address& place_of(const flood_options& x) {
  return x.to.host;
}

const address& place_of(const visit_options& x) {
  return x.to.host;
}

const address& place_of(const victim_options& x) {
  return x.host;
}

int run_checked(const help&) {
  std::fputs(usage().c_str(), stdout);
  return 0;
}

int run_checked(const auto& with) {
  auto here = look_around();
  if (!here)
    return refuse(here.error(), 1);
  if (auto allowed = check_target(place_of(with), *here); !allowed)
    return refuse(allowed.error(), 2);
  catch_signals();
  auto outcome = run(with);
  return outcome ? 0 : refuse(outcome.error(), 1);
}

} // namespace

int main(int argc, char** argv) {
  auto what = parse(std::vector<std::string>{argv + 1, argv + argc});
  if (!what)
    return refuse(what.error(), 2);
  return std::visit([](const auto& with) { return run_checked(with); }, *what);
}
