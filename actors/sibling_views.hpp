#pragma once
#include <cstdint>
#include <string>

/// What an operator orders of siblings, and hears of them; see views.hpp for
/// `sibling_view`.
namespace tocsin::actors {

/// An operator's wish to hand clients over.
struct handover_wish {
  std::string to;       ///< a sibling
  bool all = false;     ///< every client, and newcomers too: before maintenance
  std::string customer; ///< empty: found out
  std::string cuid;     ///< empty: found out, with `all` unused
};

/// What came of it.
struct handover_result {
  std::string customer;
  std::string cuid;
  bool moved = false;
  std::uint64_t mitigations = 0;
  std::string detail; ///< why not
};

} // namespace tocsin::actors
