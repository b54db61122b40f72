// DATA UPSTREAM: what happened at the server, for all who want to know.
#include "actors/data_upstream.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace tocsin::actors {

namespace {

namespace data = protocol::data;

std::string_view action_of(data::provision_event::kind x) {
  using kind = data::provision_event::kind;
  switch (x) {
  case kind::registered:
    return "register";
  case kind::left:
    return "deregister";
  case kind::created:
    return "create";
  case kind::changed:
    return "change";
  case kind::refreshed:
    return "refresh";
  case kind::moved:
    return "move";
  case kind::removed:
    return "remove";
  case kind::refused:
    return "refused";
  case kind::collision:
    return "collision";
  case kind::failed:
    return "failed";
  }
  return "failed";
}

} // namespace

void data_upstream_state::note(
    const std::vector<data::provision_event>& events) {
  storage::transaction changes;
  for (const auto& x : events)
    tell(x, changes);
  if (!changes.empty())
    persist(std::move(changes));
  tell_upstream();
}

storage::append_audit
data_upstream_state::audit(const std::string& who, const std::string& action,
                           const data::entry_name& x,
                           const std::string& outcome) const {
  return {{wall(), who, action,
           setup_.name + '/' + (x.name.empty() ? cuid_ : to_string(x)),
           outcome}};
}

void data_upstream_state::tell(const data::provision_event& x,
                               storage::transaction& changes) {
  using kind = data::provision_event::kind;
  auto key = data_store_key(setup_.name);
  if (x.what == kind::failed) {
    if (!machine_.ready())
      fail_orders(x.why);
    if (auto why = to_string(x.why); why != trouble_) {
      trouble_ = why;
      spdlog::warn("data channel to {}: {}", setup_.name, why);
    }
    return;
  }
  trouble_.clear();
  if (x.what == kind::collision) {
    spdlog::error("data channel to {}: cuid {} is in use by another client",
                  setup_.name, x.cuid);
    if (upstream_)
      self_->send(upstream_, atom::abandon_v, x.cuid);
  } else if (x.what == kind::left) {
    changes.push_back(
        storage::edit_data{key, data::erase_registration{x.cuid}});
  } else if (x.what == kind::removed) {
    changes.push_back(storage::edit_data{
        key, data::erase_entry{cuid_, x.entry.kind, x.entry.name}});
  }
  auto what = std::string{action_of(x.what)};
  auto outcome = x.what == kind::refused || x.what == kind::collision
                     ? to_string(x.why)
                     : "done, under cuid " + x.cuid;
  if (x.what == kind::refused)
    spdlog::warn("data channel to {}: {}: {}", setup_.name, to_string(x.entry),
                 outcome);
  else
    spdlog::info("data channel to {}: {} {}", setup_.name, what,
                 x.entry.name.empty() ? x.cuid : to_string(x.entry));
  changes.push_back(audit(setup_.name, "data " + what, x.entry, outcome));
}

void data_upstream_state::tell_upstream() {
  auto names = machine_.usable_aliases();
  if (!upstream_ || names == told_)
    return;
  told_ = names;
  self_->send(upstream_, atom::store_v, held_aliases{std::move(names)});
}

void data_upstream_state::persist(storage::transaction changes) {
  self_
      ->request(setup_.keeper, store_patience, atom::commit_v,
                std::move(changes))
      .then([](ack) {},
            [this](const caf::error& why) {
              spdlog::error("data channel to {}: state not stored: {}",
                            setup_.name, to_string(to_failure(why)));
            });
}

std::string data_upstream_state::summary() const {
  auto x = machine_.status();
  if (cuid_.empty())
    return "starting";
  if (!x.trouble.empty()) {
    auto due = machine_.next_deadline();
    auto left = due ? std::chrono::ceil<std::chrono::seconds>(*due - now())
                    : std::chrono::seconds{0};
    return "not in step: " + x.trouble + "; tried again in "
           + std::to_string(std::max<std::int64_t>(left.count(), 0)) + " s";
  }
  auto count = std::to_string(x.in_step) + " of " + std::to_string(x.wanted)
               + " entries are there";
  if (!x.refused.empty())
    count += ", " + std::to_string(x.refused.size())
             + " refused: " + to_string(x.refused.begin()->first) + ", "
             + x.refused.begin()->second;
  return (x.working           ? "working: "
          : x.refused.empty() ? "in step: "
                              : "not in step: ")
         + count;
}

} // namespace tocsin::actors
