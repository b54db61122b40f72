// Any text gives a body or a failure; a body survives being written and read
// again, as JSON and as CBOR. Targets of requests are also mapped.
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

void check(std::string_view text, direction way) {
  auto x = from_json(text, way);
  if (!x) {
    require(!x.error().where.empty() && x.error().code != ec::internal);
    auto shown = diagnostic(x.error());
    require(shown.size() <= max_diagnostic && protocol::is_clean_text(shown));
    return;
  }
  auto again = from_json(to_json(*x), way);
  require(again && *again == *x);
  auto coded = decode(encode(*x), way);
  require(coded && *coded == *x);
  if (auto* request = std::get_if<mitigation_scope>(&*x))
    (void)validate_request(*request);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  auto text = as_text({data, size});
  check(text, direction::request);
  check(text, direction::response);
  return 0;
}
