#include "actors/messages.hpp"

namespace tocsin::actors {

failure to_failure(const caf::error& x) {
  if (x.category() == caf::atom("tocsin")) {
    auto code = static_cast<ec>(x.code());
    const auto& context = x.context();
    if (context.match_elements<std::string, std::string>())
      return {code, context.get_as<std::string>(0),
              context.get_as<std::string>(1)};
    return {code, {}, {}};
  }
  if (x == caf::sec::request_timeout)
    return {ec::timeout, {}, "a part of the node did not answer in time"};
  return {ec::unavailable,
          {},
          caf::to_string(caf::atom_value{x.category()}) + " error "
              + std::to_string(x.code())};
}

} // namespace tocsin::actors
