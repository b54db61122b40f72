#include "tests/sim/operators.hpp"

namespace tocsin::sim {

using namespace std::chrono_literals;

namespace {

/// Patience of an operator with his own node, and of that with its server.
constexpr std::chrono::seconds patience{120};
constexpr duration patience_with_server = 30s;

bool is_up(const node& x) {
  return x.alive() && x.upstream();
}

void ignore(const caf::error&) {}

} // namespace

void operators::order(const node& at, const order_plan& x,
                      answered acknowledged) {
  if (!is_up(at))
    return;
  actors::mitigate_order order;
  order.what = x.what;
  order.lifetime = x.lifetime;
  order.renew = x.renew;
  order.immediate = x.immediate;
  ask([to = at.upstream(), order, acknowledged](auto* self) {
    self->request(to, patience, atom::order_v, order)
        .then(acknowledged, ignore);
  });
}

void operators::withdraw(const node& at, std::uint32_t mid) {
  if (!is_up(at))
    return;
  ask([to = at.upstream(), mid](auto* self) {
    self->request(to, patience, atom::withdraw_v, mid, patience_with_server)
        .then([](const actors::mitigation_view&) {}, ignore);
  });
}

void operators::report(const node& at, const ledger::name& which,
                       ledger& book) {
  using protocol::signal::attack_status;
  if (!is_up(at))
    return;
  auto what = world_.chance().chance(50)
                  ? attack_status::under_attack
                  : attack_status::successfully_mitigated;
  book.reporting(which, what);
  auto heard = [&book, which, what](const actors::mitigation_view& x) {
    if (x.note.empty())
      book.reported(which, what);
  };
  ask([to = at.upstream(), mid = which.second, what, heard](auto* self) {
    self->request(to, patience, atom::report_v, mid, what, patience_with_server)
        .then(heard, ignore);
  });
}

void operators::take_down(node& who, time_point from, time_point until,
                          bool orderly) {
  world_.at(from, [orderly, &who] {
    if (orderly)
      who.stop();
    else
      who.crash();
  });
  world_.at(until + 2s, [&who] {
    if (!who.alive())
      who.start();
  });
}

} // namespace tocsin::sim
