// One HTTP request of the operator API: METHOD, space, TARGET, newline, BODY.
#include "actors/api.hpp"

#include <cstdlib>

namespace {

using namespace tocsin;

/// What the API accepted, it must be able to say again, with equal meaning.
void check_order(const actors::mitigate_order& order) {
  actors::order_body body{order.upstream, order.what, order.lifetime,
                          order.renew, order.immediate};
  auto again =
      actors::parse_request("POST", "/v1/mitigations", actors::to_json(body));
  if (!again)
    std::abort();
  const auto& twin = std::get<actors::create_mitigation>(*again).order;
  if (twin.what != order.what || twin.lifetime != order.lifetime
      || twin.renew != order.renew || twin.upstream != order.upstream
      || twin.immediate != order.immediate)
    std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  std::string_view input{reinterpret_cast<const char*>(data), size};
  auto line = input.substr(0, input.find('\n'));
  auto body = input.substr(std::min(line.size() + 1, input.size()));
  auto method = line.substr(0, line.find(' '));
  auto target = line.substr(std::min(method.size() + 1, line.size()));
  auto call = actors::parse_request(method, target, body);
  if (!call) {
    auto status = actors::http_status(call.error());
    if (status < 400 || status >= 500 || actors::to_json(call.error()).empty())
      std::abort();
  } else if (auto* create = std::get_if<actors::create_mitigation>(&*call)) {
    check_order(create->order);
  }
  return 0;
}
