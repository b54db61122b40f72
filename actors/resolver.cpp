#include "actors/resolver.hpp"

namespace tocsin::actors {

caf::result<resolver_state::addresses>
resolver_state::resolve(const std::string& host) {
  if (auto literal = protocol::signal::prefix::parse(host);
      literal && literal->length() == literal->max_length())
    return addresses{*literal};
  if (auto i = pinned.find(host); i != pinned.end())
    return i->second;
  auto promise = self_->make_response_promise<addresses>();
  auto& queue = waiting_[host];
  queue.push_back(promise);
  if (queue.size() > 1)
    return promise;
  if (!lookup_) // most nodes never need the thread
    lookup_ = std::make_unique<transports::name_lookup>(from);
  lookup_->lookup(host, [home = caf::actor_cast<resolver_actor>(self_),
                         host](result<addresses> found) {
    if (found)
      caf::anon_send(home, atom::committed_v, host, std::move(*found),
                     failure{ec::none, {}, {}});
    else
      caf::anon_send(home, atom::committed_v, host, addresses{}, found.error());
  });
  return promise;
}

void resolver_state::on_found(const std::string& host, addresses found,
                              const failure& why) {
  auto node = waiting_.extract(host);
  if (node.empty())
    return;
  for (auto& promise : node.mapped()) {
    if (why.code == ec::none)
      promise.deliver(found);
    else
      promise.deliver(to_error(why));
  }
}

resolver_actor::behavior_type
resolver(resolver_actor::stateful_pointer<resolver_state> self,
         pinned_names names, transports::name_servers from) {
  auto* state = &self->state;
  state->pinned = std::move(names);
  state->from = std::move(from);
  return {
      [state](atom::resolve, const std::string& host) {
        return state->resolve(host);
      },
      [state](atom::committed, const std::string& host,
              resolver_state::addresses& found, const failure& why) {
        state->on_found(host, std::move(found), why);
      },
  };
}

} // namespace tocsin::actors
