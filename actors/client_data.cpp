// CLIENT: what it tells the data channel of its customer.
#include "actors/client.hpp"

namespace tocsin::actors {

/// Filters with activate-when-mitigating follow the mitigations of this very
/// client (RFC 8783, Section 7.2).
void client_state::tell_datastore() {
  if (setup_.data)
    self_->send(setup_.data, atom::mode_v, setup_.cuid, active_ > 0);
}

void client_state::adopt_datastore(const caf::strong_actor_ptr& data) {
  setup_.data = caf::actor_cast<datastore_actor>(data);
  tell_datastore();
}

} // namespace tocsin::actors
