// DATASTORE: filter control over the signal channel (RFC 9133), and what a
// CLIENT that mitigates has to know of its filters.
#include "actors/datastore.hpp"

namespace tocsin::actors {

namespace data = protocol::data;

/// One transaction holds the ACLs and what CLIENT has to store for its request:
/// whenever the node stops, both are there, or neither.
caf::result<filter_answer> datastore_state::control(filter_order x) {
  auto promise = self_->make_response_promise<filter_answer>();
  if (waiting_.size() >= max_waiting_edits)
    promise.deliver(
        to_error(fail(ec::unavailable, "acl-list", "too many edits wait")));
  else
    edit([this, x = std::move(x), promise]() mutable {
      serve_control(std::move(x), promise);
    });
  return promise;
}

void datastore_state::serve_control(
    filter_order x, caf::typed_response_promise<filter_answer> promise) {
  if (self_->clock().now() >= x.until) {
    promise.deliver(
        to_error(fail(ec::unavailable, "acl-list", "other edits took long")));
    return;
  }
  auto made = store_->control({x.identity}, x.cuid, x.changes, instant());
  if (!made) {
    promise.deliver(
        to_error(fail(ec::unavailable, "acl-list", made.error().message)));
    return;
  }
  if (!made->unknown.empty()) {
    promise.deliver(filter_answer{made->unknown});
    return;
  }
  store(std::move(made->edit),
        {x.identity, "filter control with mid " + std::to_string(x.mid), true,
         std::move(x.with)},
        [promise](const failure* why) mutable {
          if (why == nullptr)
            promise.deliver(filter_answer{});
          else
            promise.deliver(to_error(*why));
        });
}

/// It was not the CLIENT which changed this, and it is to hear of it.
void datastore_state::tell_client(const data::staged_edit& x) {
  if (x.activations.empty())
    return;
  auto known = mitigating_.find(x.cuid);
  if (known == mitigating_.end())
    return;
  auto client = caf::actor_cast<client_actor>(known->second.lock());
  if (!client)
    return;
  std::vector<data::activation_change> news;
  for (const auto& step : x.activations)
    news.push_back({step.acl, step.to});
  self_->send(client, atom::control_v, x.identity, std::move(news));
}

std::vector<data::accepted_traffic>
datastore_state::accepted(const std::string& identity,
                          const std::string& cuid) const {
  return store_->accepted({identity}, cuid, mitigating_.contains(cuid));
}

} // namespace tocsin::actors
