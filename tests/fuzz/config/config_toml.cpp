#include "roles/config/explain.hpp"
#include "roles/config/load.hpp"

#include <cstdlib>
#include <string_view>

/// Any text must be judged: a good configuration can be explained, a bad one
/// has a reason; each remark has a message and fits one line.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  using namespace tocsin::roles;
  std::string_view text{reinterpret_cast<const char*>(data), size};
  auto x = parse(text, "/nowhere/tocsin.toml");
  if (!x.good() && x.remarks.empty())
    std::abort();
  for (const auto& remark : x.remarks)
    if (remark.message.empty()
        || remark.message.find('\n') != std::string::npos)
      std::abort();
  if (x.good() && explain(x.value).empty())
    std::abort();
  return 0;
}
