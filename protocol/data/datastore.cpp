#include "protocol/data/datastore.hpp"

#include "protocol/data/module.hpp"

#include <algorithm>

namespace tocsin::protocol::data {

namespace {

using yang::error_tag;

yang::error denied(std::string_view cuid, std::string message) {
  return {error_tag::resource_denied, yang::to_string(client_path(cuid)),
          std::move(message)};
}

} // namespace

datastore::datastore(signal::customer who, datastore_settings settings)
    : who_{std::move(who)}, settings_{settings} {}

void datastore::configure(signal::customer who, datastore_settings settings) {
  who_ = std::move(who);
  settings_ = settings;
}

client_ptr datastore::find(const data_agent& agent,
                           std::string_view cuid) const {
  auto i = clients_.find(cuid);
  if (i == clients_.end() || i->second->identity != agent.identity)
    return nullptr;
  return i->second;
}

bool datastore::busy(std::string_view cuid) const {
  return busy_.contains(cuid);
}

std::optional<yang::error> datastore::admit(const data_agent& agent,
                                            std::string_view cuid) const {
  if (!agent.gateway)
    return std::nullopt;
  auto x = find(agent, cuid);
  if (x && !x->cdid.empty())
    return std::nullopt;
  return yang::error{error_tag::access_denied,
                     yang::to_string(client_path(cuid)),
                     "no cdid is on record for this client: it has to register "
                     "first"};
}

/// Versions follow the clock where they can, so that they differ from all
/// earlier ones even if those were forgotten with their client.
edit_context datastore::context(signal::instant now) {
  auto from_clock =
      static_cast<std::uint64_t>(std::max<unix_seconds>(now.wall, 0))
      << version_bits;
  last_version_ = std::max(last_version_ + 1, from_clock);
  return {settings_, now, last_version_};
}

yang::outcome<staged_edit> datastore::stage(const data_agent& agent,
                                            std::string_view cuid,
                                            const yang::data_node* node,
                                            const refresh& again,
                                            signal::instant now) {
  if (busy(cuid))
    return yang::error{error_tag::in_use, yang::to_string(client_path(cuid)),
                       "another edit of this client is under way"};
  auto before = find(agent, cuid);
  if (!before && clients_.contains(cuid))
    return denied(cuid, "another client has registered this cuid");
  if (!node)
    return before ? put_in_effect(remove_client(before)) : staged_edit{};
  auto how = context(now);
  auto made = edit_client(before, *node, agent, again, how);
  if (!made)
    return made.error();
  if (made->filters_written && !settings_.acls.can.filters)
    return yang::error{error_tag::operation_not_supported,
                       yang::to_string(list_path(cuid, entry_kind::acl)),
                       "nothing here can filter for this client"};
  if (auto bad = check_quotas(*made->after))
    return *bad;
  if (auto bad = check_conflicts(*made))
    return *bad;
  return put_in_effect(std::move(*made));
}

yang::outcome<control_outcome>
datastore::control(const data_agent& agent, std::string_view cuid,
                   const std::vector<activation_change>& orders,
                   signal::instant now) {
  control_outcome out;
  auto before = find(agent, cuid);
  for (const auto& x : orders)
    if (!before || !find_entry(before->acls, x.acl)) {
      out.unknown = x.acl;
      return out;
    }
  if (orders.empty())
    return out;
  if (!settings_.acls.allow_immediate
      && std::ranges::count(orders, activation::immediate,
                            &activation_change::when)
             > 0)
    return yang::error{error_tag::access_denied,
                       yang::to_string(list_path(cuid, entry_kind::acl)),
                       "filters are in force during mitigations only here"};
  if (busy(cuid))
    return yang::error{error_tag::in_use, yang::to_string(client_path(cuid)),
                       "another edit of this client is under way"};
  auto activates = [](const activation_change& x) {
    return x.when != activation::deactivate;
  };
  if (!settings_.acls.can.filters && std::ranges::any_of(orders, activates))
    return yang::error{error_tag::operation_not_supported,
                       yang::to_string(list_path(cuid, entry_kind::acl)),
                       "nothing here can filter for this client"};
  auto made = activate(before, orders, context(now));
  if (!made)
    return made.error();
  out.edit = put_in_effect(std::move(*made));
  return out;
}

staged_edit datastore::put_in_effect(edit_result x) {
  staged_edit out;
  const auto& client = x.before ? *x.before : *x.after;
  out.cuid = client.cuid;
  out.identity = client.identity;
  if (x.changes.empty())
    return out;
  out.ticket = ++last_ticket_;
  out.created = !x.before;
  out.filters_changed = x.filters_changed;
  out.activations = std::move(x.activations);
  out.changes = std::move(x.changes);
  put_client(out.cuid, x.after);
  pending_.emplace(out.ticket, pending{out.cuid, x.before, x.filters_changed});
  busy_.insert(out.cuid);
  return out;
}

void datastore::put_client(const std::string& cuid, client_ptr x) {
  if (auto old = clients_.find(cuid); old != clients_.end())
    if (auto end = first_end(*old->second))
      deadlines_.erase({*end, cuid});
  if (!x) {
    clients_.erase(cuid);
    return;
  }
  if (auto end = first_end(*x))
    deadlines_.emplace(*end, cuid);
  clients_[cuid] = std::move(x);
}

void datastore::confirm(std::uint64_t ticket) {
  auto x = pending_.extract(ticket);
  if (x.empty())
    return;
  busy_.erase(x.mapped().cuid);
  prune_counters(x.mapped().cuid);
}

bool datastore::roll_back(std::uint64_t ticket) {
  auto x = pending_.extract(ticket);
  if (x.empty())
    return false;
  auto& undo = x.mapped();
  busy_.erase(undo.cuid);
  put_client(undo.cuid, std::move(undo.before));
  return undo.filters_changed;
}

std::optional<time_point> datastore::next_deadline() const {
  for (const auto& [when, cuid] : deadlines_)
    if (!busy(cuid))
      return when;
  return std::nullopt;
}

std::optional<staged_edit> datastore::on_time(signal::instant now) {
  for (const auto& [when, cuid] : deadlines_) {
    if (when > now.mono)
      break;
    if (!busy(cuid))
      return put_in_effect(expire(clients_.at(cuid), context(now)));
  }
  return std::nullopt;
}

} // namespace tocsin::protocol::data
