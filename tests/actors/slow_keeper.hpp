#pragma once
#include "tests/support/fake_actors.hpp"

namespace tocsin::actors {

/// A KEEPER whose commits take a moment, in order, as a disk does.
struct slow_keeper_state {
  std::map<std::uint64_t,
           std::pair<storage::transaction, caf::typed_response_promise<ack>>>
      waiting;
  std::uint64_t next = 0;
};

inline keeper_actor::behavior_type
slow_keeper(keeper_actor::stateful_pointer<slow_keeper_state> self,
            std::shared_ptr<test::fake_store> store) {
  return {
      [self](atom::commit, storage::transaction& changes) {
        auto promise = self->make_response_promise<ack>();
        auto ticket = ++self->state.next;
        self->state.waiting[ticket] = {std::move(changes), promise};
        self->delayed_send(self, std::chrono::milliseconds{200},
                           atom::committed_v, ticket,
                           failure{ec::none, {}, {}});
        return promise;
      },
      [store](atom::load) { return store->all(); },
      [store](atom::audit, std::uint64_t) { return store->audit; },
      [self, store](atom::committed, std::uint64_t ticket, const failure&) {
        auto node = self->state.waiting.extract(ticket);
        for (const auto& x : node.mapped().first)
          test::apply(*store, x);
        node.mapped().second.deliver(ack::done);
      },
      [](atom::committed, std::uint64_t, const storage::snapshot&) {},
      [](atom::committed, std::uint64_t,
         const std::vector<storage::audit_event>&) {},
  };
}

} // namespace tocsin::actors
