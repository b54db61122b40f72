// Any text gives a tree or an error with a reason; a tree survives being
// written and read again, with and without its defaults.
#include "protocol/bytes.hpp"
#include "protocol/utf8.hpp"
#include "protocol/yang/decode.hpp"
#include "protocol/yang/encode.hpp"
#include "protocol/yang/validate.hpp"
#include "tests/unit/yang/toy.hpp"

#include <cstdlib>

using namespace tocsin;
using namespace tocsin::protocol;
using namespace tocsin::protocol::yang;

namespace {

void require(bool condition) {
  if (!condition)
    std::abort();
}

void check_error(const error& x) {
  require(!x.message.empty() && is_clean_text(x.message));
  require(is_clean_text(x.path));
}

void check(std::string_view text, state_members state) {
  decoder in{test::toy::schema, state};
  auto x = in.tree(text);
  if (!x) {
    check_error(x.error());
    return;
  }
  auto again = in.tree(encode(*x, {}));
  require(again && *again == *x);
  if (auto bad = validate(*x, {}, nullptr))
    check_error(*bad);
  add_defaults(*x);
  auto full = in.tree(encode(*x, {}));
  require(full && *full == *again);
  for (auto content : {content_filter::config, content_filter::nonconfig})
    for (std::size_t depth : {1, 3})
      require(bool{json::document::parse(
          encode(*x, {}, {.content = content, .depth = depth}))});
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  auto text = as_text({data, size});
  check(text, state_members::ignore);
  check(text, state_members::keep);
  return 0;
}
