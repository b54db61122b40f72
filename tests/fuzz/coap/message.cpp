// What the parser accepts is written and read again as the same message.
#include "protocol/coap/codec.hpp"
#include "protocol/coap/option_rules.hpp"

#include <cstdlib>

using namespace tocsin;
using namespace tocsin::protocol;

namespace {

void require(bool holds) {
  if (!holds)
    std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const byte_view input{data, size};
  auto x = coap::parse(input);
  if (!x) {
    require(size < 4 || coap::peek_header(input).has_value());
    return 0;
  }
  bytes octets;
  require(bool{coap::serialise(*x, octets)});
  require(octets.size() <= size); // ours is the shortest form
  const auto y = coap::parse(octets);
  require(y && *y == *x);
  if (coap::is_request(x->code))
    (void)coap::check_request(*x);
  else
    (void)coap::check_response(*x);
  return 0;
}
