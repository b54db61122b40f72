#include "roles/cli/answers.hpp"
#include "roles/cli/orders.hpp"
#include "roles/cli/words.hpp"

#include <ostream>

namespace tocsin::roles::cli {

namespace {

void tell(std::ostream& out, const actors::handover_result& x,
          const std::string& to) {
  auto who = printable(x.customer) + '/' + printable(x.cuid);
  if (x.moved)
    out << who << " is handed over to " << to << " with "
        << say_exactly(x.mitigations)
        << (x.mitigations == 1 ? " mitigation\n" : " mitigations\n");
  else
    out << who << " stays here: " << printable(x.detail) << '\n';
}

} // namespace

exit_code hand_over(node_client& node, const actors::handover_wish& wish) {
  auto body =
      node.ask("PUT", "/v1/handover", actors::to_json(wish), actors::max_wait);
  if (!body)
    return node.code();
  auto all = read_handovers(*body);
  if (!all)
    return node.fail_with(all.error(), exit_code::failed);
  auto& out = node.env().out;
  if (node.json())
    out << *body << '\n';
  bool moved = true;
  for (const auto& one : *all) {
    moved &= one.moved;
    if (!node.json())
      tell(out, one, printable(wish.to));
  }
  if (!node.json() && wish.all && moved)
    out << "clients that come later are sent to " << printable(wish.to)
        << "; `tocsin redirect --off` takes them back\n";
  return moved ? exit_code::ok : exit_code::failed;
}

} // namespace tocsin::roles::cli
