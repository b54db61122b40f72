// CLIENT: what operators decide about its mitigations.
#include "actors/client.hpp"

#include "actors/client_flags.hpp"

#include <algorithm>

namespace tocsin::actors {

namespace {

using kind = operator_order::kind;

std::string action_of(kind x) {
  switch (x) {
  case kind::call_help:
    return "call for help";
  case kind::end_help:
    return "end help";
  case kind::approve:
    return "approve";
  case kind::reject:
    return "reject";
  }
  return {};
}

} // namespace

result<void> client_state::may_decide(const entry& x,
                                      const operator_order& what) const {
  const auto& all = setup_.mitigators.entries;
  if (what.what == kind::call_help || what.what == kind::end_help) {
    if (std::ranges::none_of(all, [](auto& y) { return y.when.has_value(); }))
      return fail(ec::conflict, "help",
                  "no mitigator of customer '" + setup_.who->name
                      + "' is called for help only: all are asked already");
    return {};
  }
  if (!setup_.who->approval)
    return fail(ec::conflict, "approval",
                "mitigations of customer '" + setup_.who->name
                    + "' need none; to end one, withdraw it");
  if (what.what == kind::reject && (x.record.flags & flag_approved))
    return fail(ec::conflict, "approval",
                "it is approved already; to end it, withdraw it");
  for (const auto& chosen : what.mitigators)
    if (std::ranges::count(all, chosen, &mitigator_table::entry::name) == 0)
      return fail(ec::not_found, "mitigators",
                  "customer '" + setup_.who->name + "' has no mitigator '"
                      + chosen + "'");
  return {};
}

void client_state::note_decision(storage::mitigation_record& x,
                                 const operator_order& what) {
  auto set = [&x](std::uint8_t flag, bool on) {
    x.flags = static_cast<std::uint8_t>(on ? x.flags | flag : x.flags & ~flag);
  };
  switch (what.what) {
  case kind::call_help:
    return set(flag_help, true);
  case kind::end_help:
    return set(flag_help, false);
  case kind::approve:
    x.chosen = join_names(what.mitigators);
    return set(flag_approved, true);
  case kind::reject:
    return;
  }
}

caf::result<mitigation_view> client_state::decide(std::uint32_t mid,
                                                  operator_order what) {
  auto i = entries_.find(mid);
  if (i == entries_.end() || i->second.withdrawn)
    return to_error(fail(ec::not_found, "mid",
                         "this client has no mitigation with this mid"));
  auto& x = i->second;
  if (auto ok = may_decide(x, what); !ok)
    return to_error(ok.error());
  if (what.what == kind::reject)
    return revoke(mid, "rejected by " + what.who);
  // At once, so that whatever is stored meanwhile keeps it.
  auto before = x.record;
  note_decision(x.record, what);
  auto names = join_names(what.mitigators);
  auto promise = self_->make_response_promise<mitigation_view>();
  storage::transaction changes{
      storage::put_mitigation{x.record},
      storage::append_audit{
          {wall(), what.who, action_of(what.what),
           setup_.who->name + '/' + setup_.cuid + '/' + std::to_string(mid),
           names.empty() ? "as configured" : "with " + names}}};
  self_
      ->request(setup_.keeper, node_patience, atom::commit_v,
                std::move(changes))
      .then(
          [this, mid, what, promise](ack) mutable {
            auto y = entries_.find(mid);
            if (y == entries_.end()) {
              promise.deliver(
                  to_error(fail(ec::not_found, "mid", "ended already")));
              return;
            }
            if (!y->second.suspended)
              self_->send(y->second.handle, atom::decide_v, what);
            auto view = current(y->second);
            if (what.what == kind::approve)
              view.approval = "approved";
            promise.deliver(std::move(view));
          },
          [this, mid, before, promise](caf::error& err) mutable {
            if (auto y = entries_.find(mid); y != entries_.end()) {
              y->second.record.flags = before.flags;
              y->second.record.chosen = before.chosen;
            }
            promise.deliver(std::move(err));
          });
  return promise;
}

/// What looks like an attack to one may be none in a wider view; several that
/// say so need no administrator (RFC 8903, Section 3.3).
void client_state::on_agreement(std::uint32_t mid, std::uint32_t clients) {
  auto i = entries_.find(mid);
  const auto& who = *setup_.who;
  if (i == entries_.end() || i->second.withdrawn || !who.approval
      || who.agreement == 0 || clients < who.agreement
      || (i->second.record.flags & flag_approved))
    return;
  auto& x = i->second;
  operator_order what{kind::approve,
                      {},
                      "agreement of " + std::to_string(clients) + " clients"};
  note_decision(x.record, what);
  commit({storage::put_mitigation{x.record},
          storage::append_audit{event(mid, "approve", what.who)}});
  if (!x.suspended)
    self_->send(x.handle, atom::decide_v, std::move(what));
}

} // namespace tocsin::actors
