// UPSTREAM: what the server answers to a PUT or DELETE.
#include "actors/upstream.hpp"

#include "protocol/signal/codec.hpp"
#include "protocol/signal/lifetime.hpp"
#include "protocol/signal/response.hpp"
#include "protocol/signal/scope.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace tocsin::actors {

namespace {

constexpr auto bad_request =
    static_cast<std::uint8_t>(sig::response_code::bad_request);
constexpr auto hop_limit_reached =
    static_cast<std::uint8_t>(sig::response_code::hop_limit_reached);
constexpr std::uint8_t too_many_requests = 0x9D; // RFC 8516

/// The single scope entry of a response body, if it has one.
std::optional<sig::mitigation> entry_of(const bytes& body) {
  auto decoded = sig::decode(body, sig::direction::response);
  auto* scope =
      decoded ? std::get_if<sig::mitigation_scope>(&*decoded) : nullptr;
  if (scope == nullptr || scope->scope.empty())
    return std::nullopt;
  return scope->scope[0];
}

std::string text_of(const sig::conflict_information& x) {
  std::string text{x.cause ? to_string(*x.cause) : "conflict"};
  if (x.scope && !x.scope->acls.empty()) {
    std::string names;
    for (const auto& acl : x.scope->acls)
      names += (names.empty() ? "'" : ", '") + acl.name + '\'';
    text +=
        ": the attack passes " + names + "; filter control can switch it off";
  }
  if (x.scope && x.scope->mid)
    text += " with mid " + std::to_string(*x.scope->mid);
  if (x.retry_timer)
    text += ", not again for " + std::to_string(*x.retry_timer) + " s";
  return text;
}

/// The same conflict, though its retry-timer has gone on meanwhile.
bool same_conflict(std::optional<sig::conflict_information> a,
                   sig::conflict_information b) {
  if (a)
    a->retry_timer.reset();
  b.retry_timer.reset();
  return a == b;
}

} // namespace

std::chrono::seconds pause_of(const coap_reply& reply) {
  return reply.max_age
             ? std::max(std::chrono::seconds{*reply.max_age}, least_pause)
             : default_pause;
}

void upstream_state::alert(const std::string& what, std::uint32_t mid) {
  spdlog::warn("upstream {}: {}", setup_.name, what);
  persist({storage::append_audit{
      {wall(), setup_.name, "alert", std::to_string(mid), what}}});
}

void upstream_state::on_answer(std::uint32_t mid, std::uint64_t tag,
                               const coap_reply& reply) {
  auto i = wishes_.find(mid);
  if (i == wishes_.end())
    return;
  auto& x = i->second;
  auto a = std::ranges::find(x.asks, tag, &ask::tag);
  if (a == x.asks.end())
    return; // the operator changed his mind meanwhile, or it was answered
  auto session = a->session;
  x.asks.erase(a);
  stop_asking(x); // the same request on other sessions
  if (on_redirect(session, reply, mid))
    return arm();
  bool removal = x.state == progress::withdrawing;
  if (!removal)
    x.answer = reply.code;
  if (reply.code >> 5 == 2) {
    if (removal)
      return on_removed(x);
    on_granted(x, reply);
    if (auto* l = find_link(session)) {
      arrived(x, *l, reply.code == 0x41);
      end_replaced(x);
    }
    pursue_controls();
    for (const auto& [id, l] : links_)
      if (id == session && l.observing == watch::none)
        return watch_list(id);
    poll_due_ =
        std::min(poll_due_.value_or(now() + setup_.poll), now() + first_poll);
    return arm();
  }
  if (removal && reply.code == 0x84)
    return on_removed(x); // the server does not hold it
  on_refused(x, reply);
}

void upstream_state::on_removed(wish& x) {
  auto mid = x.record.key.mid;
  bool unanswered = !x.home && x.sent != time_point{};
  for (auto& [other, y] : wishes_)
    // Its request may have reached the server, and have replaced this one (RFC
    // 9132, Section 4.4.1.3), before it was withdrawn.
    if (unanswered && other < mid && y.state == progress::active
        && sig::overlaps(y.request.what, x.request.what))
      y.refresh = now();
  x.state = progress::withdrawn;
  x.last.status = sig::status::client_withdrawn;
  x.note.clear();
  persist({storage::append_audit{
      {wall(), setup_.name, "withdrawn", std::to_string(mid), "2.02"}}});
  settle(x);
  forget(mid);
}

/// The server has deleted the lower mids of the same kind that it overlaps, and
/// says nothing about that (RFC 9132, Section 4.4.1.3).
void upstream_state::end_replaced(const wish& x) {
  std::vector<std::uint32_t> over;
  auto kind = x.request.trigger_mitigation.value_or(true);
  for (const auto& [mid, y] : wishes_)
    if (mid < x.record.key.mid && y.record.key.cuid == x.record.key.cuid
        && y.control_of != x.record.key.mid
        && (y.state == progress::requested || y.state == progress::active)
        && y.home.value_or(*x.home) == *x.home
        && y.request.trigger_mitigation.value_or(true) == kind
        && sig::overlaps(y.request.what, x.request.what))
      over.push_back(mid);
  auto why = "mitigation " + std::to_string(x.record.key.mid)
             + ", which overlaps it, has replaced it";
  for (auto mid : over) {
    bool control = !x.request.acls.empty()
                   && wishes_.at(mid).request.what == x.request.what;
    end(mid, "superseded", why);
    if (control) // to the operator it is the same one
      renamed_[mid] = x.record.key.mid;
  }
}

void upstream_state::on_granted(wish& x, const coap_reply& reply) {
  using namespace std::chrono;
  auto entry = entry_of(reply.body);
  auto lifetime =
      entry && entry->lifetime ? *entry->lifetime : lifetime_to_ask(x);
  bool first = x.state != progress::active;
  if (first)
    x.answer_ms = static_cast<std::uint64_t>(
        duration_cast<milliseconds>(now() - x.asked).count());
  x.state = progress::active;
  x.control_of.reset();
  x.note = x.warning;
  x.known = x.granted = now();
  x.record.expires = sig::expiry(lifetime, wall());
  x.record.flags = static_cast<std::uint8_t>(x.record.flags | flag_active);
  x.refresh.reset();
  if (auto after = sig::refresh_after(lifetime); x.renew && after.count() > 0)
    x.refresh = now() + after;
  storage::transaction changes{storage::put_mitigation{x.record}};
  if (first) {
    spdlog::info("upstream {}: mitigation {} granted for {} s", setup_.name,
                 x.record.key.mid, lifetime);
    changes.push_back(storage::append_audit{{wall(), setup_.name, "granted",
                                             std::to_string(x.record.key.mid),
                                             std::to_string(lifetime) + " s"}});
  }
  persist(std::move(changes));
  if (entry && entry->conflict)
    show_conflict(x, *entry->conflict);
  settle(x);
}

/// Conflicts are for the operator to see, once; a request that a conflict has
/// deactivated is not sent again before the retry-timer is over (RFC 9132,
/// Section 4.4.2.1).
void upstream_state::show_conflict(wish& x,
                                   const sig::conflict_information& why) {
  auto known = x.last.conflict;
  x.last.conflict = why;
  if (same_conflict(known, why))
    return;
  alert("mitigation " + std::to_string(x.record.key.mid)
            + " is in conflict: " + text_of(why),
        x.record.key.mid);
  if (why.retry_timer && why.status != sig::conflict_status::active)
    x.retry = now() + std::chrono::seconds{*why.retry_timer};
}

void upstream_state::on_refused(wish& x, const coap_reply& reply) {
  auto code = sig::to_string(static_cast<sig::response_code>(reply.code));
  auto entry = reply.format == sig::content_format_dots ? entry_of(reply.body)
                                                        : std::nullopt;
  bool text = reply.format != sig::content_format_dots;
  x.note = code + ' '
           + (text                       ? std::string{as_text(reply.body)}
              : entry && entry->conflict ? text_of(*entry->conflict)
                                         : std::string{});
  x.changed = x.known = now();
  spdlog::warn("upstream {}: mitigation {}: {}", setup_.name, x.record.key.mid,
               x.note);
  if (reply.code == 0x89 && entry && entry->conflict
      && on_conflict(x, *entry->conflict))
    return arm();
  if (!x.request.acls.empty() && on_filters_refused(x, reply, entry))
    return arm();
  // Codes that we do not know count as their class (RFC 7252, Section 5.9).
  bool loop = reply.code == hop_limit_reached;
  if ((reply.code >> 5 == 5 && !loop) || reply.code == too_many_requests) {
    x.retry = now() + pause_of(reply);
    return arm();
  }
  if (reply.code == bad_request && x.guessed && x.state == progress::requested
      && x.renumbered < max_renumberings)
    return renumber(x); // the mid may be the reason
  if (x.state == progress::requested && spell_out(x))
    return;
  if (x.state == progress::active) {
    // Unchanged it is refused again (RFC 7252, Section 5.9.2): it runs until
    // the lifetime that was granted is over.
    x.refresh.reset();
    alert("mitigation " + std::to_string(x.record.key.mid)
              + " is not renewed: " + x.note,
          x.record.key.mid);
    return arm();
  }
  refuse(x);
}

void upstream_state::refuse(wish& x) {
  x.state = progress::refused;
  persist({storage::erase_mitigation{x.record.key},
           storage::append_audit{{wall(), setup_.name, "refused",
                                  std::to_string(x.record.key.mid), x.note}}});
  settle(x);
  arm();
}

/// True if it is dealt with; else the request counts as refused.
bool upstream_state::on_conflict(wish& x,
                                 const sig::conflict_information& why) {
  if (why.cause == sig::conflict_cause::cuid_collision) {
    on_collision(x);
    return true;
  }
  auto other = why.scope ? why.scope->mid : std::nullopt;
  if (other && *other > x.record.key.mid && !wishes_.contains(*other)
      && x.state == progress::requested && x.renumbered < max_renumberings) {
    mids_.learn(*other);
    renumber(x);
    return true;
  }
  if (other && *other > x.record.key.mid && x.state == progress::active) {
    end(x.record.key.mid, "superseded",
        "mitigation " + std::to_string(*other)
            + ", which overlaps it, has replaced it");
    return true;
  }
  show_conflict(x, why);
  if (!why.retry_timer)
    return false;
  x.retry = now() + std::chrono::seconds{*why.retry_timer};
  settle(x);
  return true;
}

/// The server holds a request of ours of which we know nothing, under this mid
/// or a later one: the same again under a mid that is higher still.
void upstream_state::renumber(wish& x) {
  ++x.renumbered;
  take_new_mid(x);
}

void upstream_state::take_new_mid(wish& x) {
  x.answer = 0; // of the old one, which nobody need hear of
  auto old = x.record.key;
  auto mid = next_mid();
  if (!mid) {
    x.note = to_string(mid.error());
    return refuse(x);
  }
  auto gone = current(x); // as a RELAY knows it, by its mid
  gone.progress = "withdrawn";
  auto node = wishes_.extract(old.mid);
  node.key() = *mid;
  auto& moved = node.mapped();
  moved.told.reset();
  moved.guessed = !mids_known_;
  moved.renumber_first = false;
  moved.record.key.mid = moved.record.created = *mid;
  // The operator knows the first one only: what is asked for again and again
  // leaves no trail of mids behind.
  bool known = false;
  for (auto& [_, to] : renamed_)
    if (to == old.mid) {
      to = *mid;
      known = true;
    }
  if (!known)
    renamed_[old.mid] = *mid;
  for (auto& [_, y] : wishes_)
    if (y.control_of == old.mid) {
      y.control_of = *mid;
      y.renumber_first = true; // it has to be the higher one
    }
  persist({storage::erase_mitigation{old},
           storage::put_mitigation{moved.record}, storage::put_client{known_}});
  auto at = wishes_.insert(std::move(node)).position;
  pursue(at->second);
  if (relay_ && !gone.relayed.empty()) // after the new one: it is not failed
    self_->send(relay_, atom::changed_v, std::move(gone));
}

/// Another client uses our cuid (RFC 9132, Section 4.4.1.1).
void upstream_state::on_collision(wish& x) {
  x.answer = 0; // it is between us and the server (RFC 9132, 4.4.1.1)
  if (!leave_cuid(x.record.key.mid))
    x.retry = now() + cuid_pause;
}

/// Takes another cuid, unless mitigations run under this one, or it is new
/// itself.
bool upstream_state::leave_cuid(std::uint32_t mid) {
  bool active = std::ranges::any_of(wishes_, [this](const auto& w) {
    return w.second.state == progress::active
           && w.second.record.key.cuid == known_.cuid;
  });
  bool again = cuid_changed_ && *cuid_changed_ + cuid_pause > now();
  if (!active && !again) {
    new_cuid();
    return true;
  }
  alert(active ? "the cuid is used by another client, yet mitigations run "
                 "under it; it is kept until they end"
               : "the new cuid is said to be in use as well",
        mid);
  return false;
}

/// A random UUID (RFC 4122, Section 4.4), for good.
void upstream_state::new_cuid() {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text = "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx";
  for (auto& c : text)
    if (c == 'x')
      c = digits[random() % 16];
    else if (c == 'y')
      c = digits[8 + random() % 4];
  cuid_changed_ = now();
  alert("the cuid " + known_.cuid + " is used by another client; " + text
            + " takes its place",
        0);
  storage::transaction changes{
      storage::erase_client{known_.customer, known_.cuid}};
  known_.identity = replaces(setup_.cuid);
  known_.cuid = wanted_cuid_ = text;
  changes.push_back(storage::put_client{known_});
  for (auto& [_, x] : wishes_) {
    stop_asking(x);
    if (x.state == progress::refused)
      continue;
    changes.push_back(storage::erase_mitigation{x.record.key});
    x.record.key.cuid = text;
    changes.push_back(storage::put_mitigation{x.record});
  }
  persist(std::move(changes));
  for (auto& [id, l] : links_) {
    l.observing = watch::none;
    l.stale.reset();
    if (l.up)
      self_->send(l.handle, atom::mode_v, known_.cuid, attacked_);
  }
  tell_data();
  pursue_all();
}

std::string upstream_state::replaces(const std::string& cuid) {
  return "replaces " + cuid;
}

} // namespace tocsin::actors
