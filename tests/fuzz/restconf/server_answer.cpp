// Whatever a server of the data channel answers, its client goes on: it finds a
// usable root or none, and entries that it can send back.
#include "protocol/bytes.hpp"
#include "protocol/data/advice.hpp"
#include "protocol/data/capabilities.hpp"
#include "protocol/data/provisioner.hpp"
#include "protocol/restconf/handler.hpp"
#include "protocol/restconf/host_meta.hpp"

#include <cstdlib>

using namespace tocsin;
using namespace tocsin::protocol;

namespace {

void require(bool condition) {
  if (!condition)
    std::abort();
}

void check_entries(std::string_view text) {
  if (auto held = data::read_held(text, "c"))
    for (const auto& x : *held)
      require(!data::put_body({x.key, x.node}).empty());
  auto wanted = data::read_wanted(text);
  if (!wanted)
    return;
  for (const auto& x : *wanted) {
    auto again = data::read_wanted(data::put_body(x));
    require(again && again->size() == 1 && again->front().node == x.node);
  }
}

/// A server that gives the same answer to everything.
void check_rounds(const restconf::response& answer) {
  data::provisioner uut{{}};
  signal::target what;
  what.fqdns = {"www.example.com"};
  uut.want(data::make_alias("web", what));
  uut.leave_behind("old");
  uut.use("c", {});
  time_point now{};
  for (int i = 0; i < 32; ++i) {
    if (uut.next(now))
      uut.on_answer(answer, now);
    else if (auto due = uut.next_deadline())
      now = *due;
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets,
                                      std::size_t size) {
  auto text = as_text({octets, size});
  if (auto root = restconf::read_root(text))
    require(root->empty() || root->front() == '/');
  if (auto can = data::read_capabilities(text))
    data::abilities_of(*can);
  check_entries(text);
  for (unsigned status : {200u, 201u, 403u, 404u, 409u, 503u}) {
    restconf::response answer{
        .status = status, .headers = {}, .body = std::string{text}};
    require(!data::explain(answer).detail.empty());
    check_rounds(answer);
  }
  return 0;
}
