#include "roles/cli/answers.hpp"
#include "roles/cli/orders.hpp"
#include "roles/cli/words.hpp"

#include <ostream>

namespace tocsin::roles::cli {

namespace {

using kind = actors::operator_order::kind;

std::string_view said(kind x) {
  switch (x) {
  case kind::call_help:
    return "help is called for";
  case kind::end_help:
    return "help is no longer ordered for";
  case kind::approve:
    return "approved:";
  case kind::reject:
    return "rejected:";
  }
  return {};
}

} // namespace

exit_code decide(node_client& node, const name_options& options,
                 const actors::operator_order& order) {
  auto name = complete(node, options);
  if (!name)
    return node.code();
  auto body = node.ask("PUT", target_of(*name), actors::to_json(order),
                       std::chrono::seconds{0});
  if (!body)
    return node.code();
  auto view = read_mitigation(*body);
  if (!view)
    return node.fail_with(view.error(), exit_code::failed);
  auto& out = node.env().out;
  if (node.json()) {
    out << *body << '\n';
    return exit_code::ok;
  }
  auto mid = std::to_string(view->mid);
  out << said(order.what) << " mitigation " << mid << " of "
      << printable(view->peer) << ", which protects " << say_target(view->what)
      << '\n';
  if (order.what != kind::reject)
    out << "  follow    " << node.repeat("status " + mid) << '\n';
  return exit_code::ok;
}

} // namespace tocsin::roles::cli
