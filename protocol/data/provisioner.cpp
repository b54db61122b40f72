// PROVISIONER: what is to be asked next.
#include "protocol/data/provisioner.hpp"

#include "protocol/data/client_state.hpp"
#include "protocol/data/module.hpp"
#include "protocol/data/settings.hpp"
#include "protocol/json/writer.hpp"
#include "protocol/restconf/host_meta.hpp"
#include "protocol/restconf/target.hpp"

#include <algorithm>
#include <utility>

namespace tocsin::protocol::data {

namespace {

/// Where a server does not tell lifetimes, they are begun anew so often; RFC
/// 8783, Section 6.1 has them last a week.
constexpr std::chrono::hours blind_refresh{48};

/// What a server has to grant at least.
constexpr std::chrono::minutes shortest_lifetime = min_entry_lifetime;

/// A server that was looked at so lately is not looked at again.
constexpr std::chrono::seconds fresh{60};

} // namespace

void provisioner::use(const std::string& cuid, time_point now) {
  if (cuid == cuid_) {
    if (rest_until_ && now >= looked_at_ + fresh)
      rest_until_ = now;
    hurry();
    return;
  }
  if (!cuid_.empty())
    earlier_.insert(cuid_);
  cuid_ = cuid;
  earlier_.erase(cuid);
  surveyed_.clear();
  outdated_ = under_way_.has_value();
  registered_ = false;
  there_.clear();
  order_.clear();
  hurry();
  begin_round();
}

void provisioner::leave_behind(const std::string& cuid) {
  if (cuid != cuid_)
    earlier_.insert(cuid);
}

void provisioner::want(wanted_entry x) {
  unwanted_.erase(x.key);
  refused_.erase(x.key);
  std::erase_if(carried_, [&](const auto& y) { return y.key == x.key; });
  auto i = std::ranges::find(wanted_, x.key, &wanted_entry::key);
  if (i == wanted_.end())
    wanted_.push_back(std::move(x));
  else
    *i = std::move(x);
  rest_until_.reset();
}

void provisioner::drop(const entry_name& x, bool ours) {
  for (auto* list : {&wanted_, &carried_})
    std::erase_if(*list, [&](const auto& y) { return y.key == x; });
  refused_.erase(x);
  if (ours)
    unwanted_.insert(x);
  rest_until_.reset();
}

bool provisioner::wants(const entry_name& x) const {
  return std::ranges::find(wanted_, x, &wanted_entry::key) != wanted_.end();
}

void provisioner::hurry() {
  retry_at_.reset();
}

void provisioner::begin_round() {
  rest_until_.reset();
  looked_ = asked_abilities_ = enrolled_again_ = false;
  refused_.clear();
}

std::optional<time_point> provisioner::next_deadline() const {
  if (under_way_ || cuid_.empty())
    return std::nullopt;
  return retry_at_ ? retry_at_ : rest_until_;
}

// -- requests

restconf::request provisioner::request_for(std::string method,
                                           std::string target) const {
  restconf::request x;
  x.method = std::move(method);
  x.target = std::move(target);
  x.accept = std::string{restconf::yang_json};
  return x;
}

std::string provisioner::data_target(const yang::instance_path& at) const {
  return root_.value_or("") + "/data" + restconf::to_uri(at);
}

restconf::request provisioner::get_client() const {
  return request_for("GET", data_target(client_path(cuid_)) + "?content=all");
}

restconf::request provisioner::get_capabilities() const {
  return request_for("GET", data_target(client_path(cuid_).up().down(
                                rows::datastore, rows::capabilities_row)));
}

restconf::request provisioner::put(const wanted_entry& x) const {
  auto out = request_for(
      "PUT", data_target(entry_path(cuid_, x.key.kind, x.key.name)));
  out.content_type = std::string{restconf::yang_json};
  out.body = put_body(x);
  return out;
}

restconf::request provisioner::remove(const entry_name& x) const {
  return request_for("DELETE", data_target(entry_path(cuid_, x.kind, x.name)));
}

std::optional<restconf::request> provisioner::begin(step what,
                                                    restconf::request x) {
  under_way_ = what;
  return x;
}

std::optional<restconf::request> provisioner::next(time_point now) {
  if (under_way_ || cuid_.empty() || (retry_at_ && now < *retry_at_))
    return std::nullopt;
  if (rest_until_ && now < *rest_until_)
    return std::nullopt;
  if (rest_until_)
    begin_round();
  if (!root_) {
    auto x = request_for("GET", std::string{restconf::host_meta});
    x.accept = std::string{restconf::xrd_xml} + ", "
               + std::string{restconf::plain_json} + ";q=0.5";
    return begin(step::discover, std::move(x));
  }
  if (!asked_abilities_)
    return begin(step::capabilities, get_capabilities());
  for (const auto& old : earlier_)
    if (!surveyed_.contains(old)) {
      about_cuid_ = old;
      return begin(step::survey,
                   request_for("GET", data_target(client_path(old))
                                          + "?content=config"));
    }
  if (!looked_)
    return begin(step::look, get_client());
  if (!registered_)
    return begin(step::enrol, enrolment());
  if (auto x = next_write(now))
    return x;
  return next_end(now);
}

/// RFC 8783, Section 5.1: a client registers itself with nothing but its cuid.
restconf::request provisioner::enrolment() const {
  auto x = request_for("POST", data_target(client_path(cuid_).up()));
  json::writer out;
  out.begin_object()
      .key(std::string{module_name} + ":dots-client")
      .begin_array()
      .begin_object()
      .member("cuid", cuid_)
      .end_object()
      .end_array()
      .end_object();
  x.content_type = std::string{restconf::yang_json};
  x.body = std::move(out).str();
  return x;
}

const wanted_entry& provisioner::entry(std::size_t index) const {
  return index < wanted_.size() ? wanted_[index]
                                : carried_[index - wanted_.size()];
}

std::optional<restconf::request> provisioner::next_write(time_point now) {
  for (std::size_t i = 0; i < wanted_.size() + carried_.size(); ++i) {
    const auto& x = entry(i);
    if (refused_.contains(x.key) || (!is_due(x, now) && !is_misplaced(i)))
      continue;
    about_ = x.key;
    auto out = put(x);
    out.target += placement(i);
    return begin(step::write, std::move(out));
  }
  return std::nullopt;
}

/// What is to go, at last.
std::optional<restconf::request> provisioner::next_end(time_point now) {
  for (const auto& x : unwanted_)
    if (!refused_.contains(x)) {
      about_ = x;
      return begin(step::remove, remove(x));
    }
  if (!earlier_.empty()) {
    about_cuid_ = *earlier_.begin();
    return begin(step::leave,
                 request_for("DELETE", data_target(client_path(about_cuid_))));
  }
  rest_until_ = now + settings_.look;
  return std::nullopt;
}

bool provisioner::is_due(const wanted_entry& x, time_point now) const {
  auto i = there_.find(x.key);
  if (i == there_.end() || !(i->second.node == x.node))
    return true;
  if (!wants(x.key))
    return false;
  auto age = now - i->second.seen;
  return i->second.left ? *i->second.left - age < settings_.refresh
                        : age >= blind_refresh;
}

// -- the order of ACLs, which decides what happens to a packet

std::optional<std::size_t> provisioner::place_of(const entry_name& x) const {
  if (x.kind != entry_kind::acl)
    return std::nullopt;
  auto i = std::ranges::find(order_, x.name);
  return i == order_.end() ? std::nullopt
                           : std::optional{std::size_t(i - order_.begin())};
}

/// The nearest ACL before that one which the server has.
const entry_name* provisioner::before(std::size_t index) const {
  while (index-- > 0)
    if (place_of(entry(index).key))
      return &entry(index).key;
  return nullptr;
}

bool provisioner::is_misplaced(std::size_t index) const {
  auto own = place_of(entry(index).key);
  const auto* earlier = own ? before(index) : nullptr;
  return earlier != nullptr && *place_of(*earlier) > *own;
}

/// Where an ACL is put (RFC 8783, Section 7.2): nothing where it may stay, and
/// at the end of the list.
std::string provisioner::placement(std::size_t index) const {
  const auto& x = entry(index).key;
  if (x.kind != entry_kind::acl || (place_of(x) && !is_misplaced(index)))
    return {};
  auto say = [this](std::string_view how, const entry_name& point) {
    auto path = restconf::to_uri(entry_path(cuid_, point.kind, point.name));
    return "?insert=" + std::string{how}
           + "&point=" + restconf::percent_encode(path);
  };
  if (const auto* earlier = before(index))
    return say("after", *earlier);
  for (auto i = index + 1; i < wanted_.size() + carried_.size(); ++i)
    if (place_of(entry(i).key))
      return say("before", entry(i).key);
  return {};
}

// -- what is known

void provisioner::was_put(wanted_entry x, time_point now) {
  note_written(x, now);
  want(std::move(x));
}

void provisioner::was_removed(const entry_name& x) {
  drop(x, false);
  unwanted_.erase(x);
  forget(x);
}

void provisioner::note_written(const wanted_entry& x, time_point now) {
  there_[x.key] = {x.node, shortest_lifetime, now};
  if (x.key.kind == entry_kind::acl && !place_of(x.key))
    order_.push_back(x.key.name);
}

void provisioner::forget(const entry_name& x) {
  there_.erase(x);
  if (x.kind == entry_kind::acl)
    std::erase(order_, x.name);
}

provision_status provisioner::status() const {
  provision_status out;
  out.ready = ready();
  out.working = !rest_until_;
  out.trouble = trouble_;
  out.wanted = wanted_.size();
  out.refused = refused_;
  for (const auto& x : wanted_) {
    auto i = there_.find(x.key);
    out.in_step += i != there_.end() && i->second.node == x.node;
  }
  for (const auto& [key, _] : there_)
    out.foreign += !wants(key) && !unwanted_.contains(key);
  return out;
}

std::vector<std::string> provisioner::usable_aliases() const {
  std::vector<std::string> out;
  if (!ready())
    return out;
  for (const auto& [key, x] : there_) {
    auto i = std::ranges::find(wanted_, key, &wanted_entry::key);
    if (key.kind == entry_kind::alias
        && (i == wanted_.end() || i->node == x.node))
      out.push_back(key.name);
  }
  return out;
}

} // namespace tocsin::protocol::data
