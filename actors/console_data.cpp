// CONSOLE: calls on the data channel to an upstream.
#include "actors/console.hpp"

#include <algorithm>

namespace tocsin::actors {

namespace {

/// On top of what the caller waits for the server: parts of the node answer.
constexpr std::chrono::seconds node_patience{30};

/// With a wait of 0 the server gets that long: nothing would come of less.
constexpr std::chrono::seconds least_patience{1};

} // namespace

void console_state::on(const use_data_channel& x, const api_exchange& call) {
  auto order = x.order;
  order.who = "operator (uid " + std::to_string(call.uid) + ')';
  order.patience = std::max<duration>(order.patience, least_patience);
  self_->request(root_, node_patience, atom::order_v, x.upstream)
      .then(
          [this, order,
           to = call.reply](const caf::strong_actor_ptr& found) mutable {
            auto limit = order.patience + node_patience;
            self_
                ->request(caf::actor_cast<data_upstream_actor>(found), limit,
                          atom::order_v, std::move(order))
                .then(
                    [to](const data_reply& answer) {
                      to(answer.created ? 201 : 200, answer.json);
                    },
                    [to](const caf::error& why) { refuse(to, why); });
          },
          [to = call.reply](const caf::error& why) { refuse(to, why); });
}

} // namespace tocsin::actors
