// Any octets give a body or a failure that names an element; a body survives
// being encoded and decoded again; what the printer shows does not depend on
// the rules of the decoder.
#include "protocol/signal/json.hpp"
#include "protocol/signal/response.hpp"
#include "protocol/signal/validate.hpp"
#include "protocol/utf8.hpp"

#include <cstdlib>

using namespace tocsin;
using namespace tocsin::protocol::signal;

namespace {

void require(bool condition) {
  if (!condition)
    std::abort();
}

void check(byte_view octets, direction way) {
  auto x = decode(octets, way);
  if (!x) {
    require(!x.error().where.empty() && x.error().code != ec::internal);
    auto text = diagnostic(x.error());
    require(text.size() <= max_diagnostic && protocol::is_clean_text(text));
    return;
  }
  auto again = decode(encode(*x), way);
  require(again && *again == *x);
  require(bool{cbor_to_json(octets)});
  if (auto* request = std::get_if<mitigation_scope>(&*x))
    if (auto r = validate_request(*request); !r)
      require(protocol::is_clean_text(diagnostic(r.error())));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  byte_view octets{data, size};
  check(octets, direction::request);
  check(octets, direction::response);
  (void)cbor_to_json(octets);
  return 0;
}
