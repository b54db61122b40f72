#include "protocol/data/entry_order.hpp"

#include <optional>

namespace tocsin::protocol::data {

namespace {

/// An order between `last` and that of the first entry from `next` on which can
/// stay where it is.
std::int64_t between(std::optional<std::int64_t> last, const entry_list& list,
                     std::size_t next) {
  for (; next < list.size(); ++next) {
    auto limit = list[next]->order;
    if (limit == no_order || (last && limit <= *last))
      continue;
    if (!last)
      return limit - order_gap;
    if (limit - *last > 1)
      return *last + (limit - *last) / 2;
    break;
  }
  return last ? *last + order_gap : 0;
}

} // namespace

void put_in_order(entry_list& list) {
  std::optional<std::int64_t> last;
  for (std::size_t i = 0; i < list.size(); ++i) {
    auto& x = list[i];
    if (x->order == no_order || (last && x->order <= *last)) {
      auto moved = *x;
      moved.order = between(last, list, i + 1);
      x = std::make_shared<const stored_entry>(std::move(moved));
    }
    last = x->order;
  }
}

} // namespace tocsin::protocol::data
