#include "protocol/signal/redirect.hpp"

#include "protocol/signal/scope.hpp"
#include "protocol/signal/validate.hpp"

#include <algorithm>

namespace tocsin::protocol::signal {

namespace {

/// One spelling of a name or an address.
std::string plain(std::string_view text) {
  if (auto address = prefix::parse(text))
    return address->address_string();
  return canonical_name(text);
}

} // namespace

result<void> validate_redirect(const redirected_signal& x) {
  if (auto good = validate_fqdn(x.alt_server, "alt-server"); !good)
    return good;
  if (x.alt_server_records.size() > max_alternate_records)
    return fail(ec::too_large, "alt-server-record",
                "more than " + std::to_string(max_alternate_records)
                    + " addresses");
  for (const auto& text : x.alt_server_records) {
    auto address = prefix::parse(text);
    if (!address || address->length() != address->max_length()
        || text.find('/') != std::string::npos)
      return fail(ec::malformed, "alt-server-record",
                  "'" + text + "' is no address");
  }
  return {};
}

std::string_view to_string(redirect_reason x) noexcept {
  switch (x) {
  case redirect_reason::maintenance:
    return "maintenance";
  case redirect_reason::session_limit:
    return "session-limit";
  case redirect_reason::mitigators_out:
    return "mitigators-out";
  case redirect_reason::capacity:
    return "capacity";
  }
  return "unknown";
}

result<redirect_policy> redirect_policy::make(redirect_settings settings) {
  if (settings.alternate)
    if (auto good = validate_redirect(settings.alternate->where); !good)
      return good.error();
  redirect_policy out;
  out.settings_ = std::move(settings);
  return out;
}

std::optional<redirect> redirect_policy::decide(redirect_moment moment,
                                                const node_load& load) const {
  if (!settings_.alternate)
    return std::nullopt;
  const auto& to = *settings_.alternate;
  if (load.maintenance)
    return redirect{to.where, to.max_age, redirect_reason::maintenance};
  if (moment == redirect_moment::session_start && settings_.max_sessions != 0
      && load.sessions > settings_.max_sessions)
    return redirect{to.where, to.max_age, redirect_reason::session_limit};
  if (moment != redirect_moment::new_mitigation)
    return std::nullopt;
  if (settings_.when_mitigators_out && load.mitigators_up == 0)
    return redirect{to.where, to.max_age, redirect_reason::mitigators_out};
  if (settings_.when_full && load.max_mitigations != 0
      && load.mitigations >= load.max_mitigations)
    return redirect{to.where, 0, redirect_reason::capacity};
  return std::nullopt;
}

void redirect_follower::contacted(std::string_view name_or_address,
                                  time_point now) {
  auto name = plain(name_or_address);
  std::erase_if(contacts_, [&](const contact& x) { return x.name == name; });
  forget(now);
  if (contacts_.size() >= max_contacts)
    contacts_.erase(contacts_.begin());
  contacts_.push_back({std::move(name), now});
}

redirect_reaction redirect_follower::on_redirect(const redirected_signal& where,
                                                 std::uint32_t max_age,
                                                 std::string_view from,
                                                 time_point now) {
  using cause = ignore_redirect::cause;
  contacted(from, now);
  if (auto good = validate_redirect(where); !good)
    return ignore_redirect{cause::malformed, "redirect from "
                                                 + std::string{from} + ": "
                                                 + to_string(good.error())};
  auto known = [&](const std::string& x) { return recent(x, now); };
  const auto& records = where.alt_server_records;
  if (hops_.size() >= redirect_hops || known(where.alt_server)
      || std::any_of(records.begin(), records.end(), known))
    return ignore_redirect{cause::loop, "redirect loop: " + std::string{from}
                                            + " sends back to "
                                            + where.alt_server};
  follow_redirect out{where.alt_server, records, max_age == 0};
  hops_.push_back(now);
  if (out.once)
    return out;
  current_ = out;
  until_.reset();
  if (max_age != redirect_for_good)
    until_ = now + std::chrono::seconds{max_age};
  return out;
}

std::optional<time_point> redirect_follower::next_deadline() const {
  return current_ && !under_attack_ ? until_ : std::nullopt;
}

bool redirect_follower::on_time(time_point now) {
  auto due = next_deadline();
  if (!due || now < *due)
    return false;
  abandon();
  return true;
}

void redirect_follower::abandon() noexcept {
  current_.reset();
  until_.reset();
}

bool redirect_follower::recent(std::string_view name, time_point now) const {
  auto key = plain(name);
  return std::any_of(contacts_.begin(), contacts_.end(), [&](const contact& x) {
    return x.name == key && now - x.when < redirect_memory;
  });
}

void redirect_follower::forget(time_point now) {
  auto old = [&](time_point when) { return now - when >= redirect_memory; };
  std::erase_if(contacts_, [&](const contact& x) { return old(x.when); });
  std::erase_if(hops_, old);
}

} // namespace tocsin::protocol::signal
