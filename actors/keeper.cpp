#include "actors/keeper.hpp"

namespace tocsin::actors {

void keeper_state::open(std::unique_ptr<storage::store> store) {
  worker_ = std::make_unique<storage::worker>(std::move(store));
}

caf::result<ack> keeper_state::commit(storage::transaction changes) {
  auto ticket = next_ticket_++;
  auto promise = self_->make_response_promise<ack>();
  waiting_.emplace(ticket, promise);
  // The writer's thread must not touch the actor, only send to it.
  worker_->submit(
      std::move(changes), [home = caf::actor_cast<keeper_actor>(self_),
                           ticket](const result<void>& done) {
        caf::anon_send(home, atom::committed_v, ticket,
                       done ? failure{ec::none, {}, {}} : done.error());
      });
  return promise;
}

caf::result<storage::snapshot> keeper_state::load() {
  auto ticket = next_ticket_++;
  auto promise = self_->make_response_promise<storage::snapshot>();
  waiting_.emplace(ticket, promise);
  worker_->query([home = caf::actor_cast<keeper_actor>(self_),
                  ticket](storage::store& store) {
    auto all = store.load();
    if (all)
      caf::anon_send(home, atom::committed_v, ticket, std::move(*all));
    else
      caf::anon_send(home, atom::committed_v, ticket, all.error());
  });
  return promise;
}

caf::result<std::vector<storage::audit_event>>
keeper_state::audit(std::uint64_t limit) {
  using events = std::vector<storage::audit_event>;
  auto ticket = next_ticket_++;
  auto promise = self_->make_response_promise<events>();
  waiting_.emplace(ticket, promise);
  worker_->query([home = caf::actor_cast<keeper_actor>(self_), ticket,
                  limit](storage::store& store) {
    auto newest = store.audit(limit);
    if (newest)
      caf::anon_send(home, atom::committed_v, ticket, std::move(*newest));
    else
      caf::anon_send(home, atom::committed_v, ticket, newest.error());
  });
  return promise;
}

void keeper_state::on_committed(std::uint64_t ticket, const failure& why) {
  auto node = waiting_.extract(ticket);
  if (node.empty())
    return;
  if (why.code == ec::none)
    node.mapped().deliver(ack::done);
  else
    node.mapped().deliver(to_error(why));
}

template <class T>
void keeper_state::on_read(std::uint64_t ticket, T value) {
  auto node = waiting_.extract(ticket);
  if (!node.empty())
    node.mapped().deliver(std::move(value));
}

keeper_actor::behavior_type
keeper(keeper_actor::stateful_pointer<keeper_state> self,
       std::shared_ptr<std::unique_ptr<storage::store>> store) {
  auto* state = &self->state;
  state->open(std::move(*store));
  return {
      [state](atom::commit, storage::transaction& changes) {
        return state->commit(std::move(changes));
      },
      [state](atom::load) { return state->load(); },
      [state](atom::audit, std::uint64_t limit) { return state->audit(limit); },
      [state](atom::committed, std::uint64_t ticket, const failure& why) {
        state->on_committed(ticket, why);
      },
      [state](atom::committed, std::uint64_t ticket, storage::snapshot& all) {
        state->on_read(ticket, std::move(all));
      },
      [state](atom::committed, std::uint64_t ticket,
              std::vector<storage::audit_event>& events) {
        state->on_read(ticket, std::move(events));
      },
  };
}

} // namespace tocsin::actors
