// PROVISIONER: what the server answered.
#include "protocol/data/advice.hpp"
#include "protocol/data/capabilities.hpp"
#include "protocol/data/provisioner.hpp"
#include "protocol/restconf/host_meta.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace tocsin::protocol::data {

namespace {

using kind = provision_event::kind;

bool is_good(const restconf::response& x) {
  return x.status / 100 == 2;
}

/// Not this request is wrong: the same may be granted later.
bool is_passing(const restconf::response& x) {
  return x.status / 100 == 5 || x.status == 408 || x.status == 429;
}

failure not_understood(const yang::error& why) {
  return fail(ec::malformed, why.path,
              "the server's answer makes no sense: " + why.message);
}

} // namespace

std::vector<provision_event> provisioner::on_answer(const restconf::response& x,
                                                    time_point now) {
  events out;
  auto what = std::exchange(under_way_, std::nullopt);
  if (std::exchange(outdated_, false) || !what)
    return out;
  if (is_good(x)) {
    back_off_ = std::chrono::seconds{0};
    trouble_.clear();
  }
  switch (*what) {
  case step::discover:
    on_root(x, now, out);
    break;
  case step::capabilities:
    on_capabilities(x);
    break;
  case step::survey:
    on_survey(x, now, out);
    break;
  case step::look:
    on_look(x, now, out);
    break;
  case step::enrol:
    on_enrolled(x, now, out);
    break;
  case step::write:
    on_written(x, now, out);
    break;
  case step::remove:
    on_removed(x, now, out);
    break;
  case step::leave:
    on_left(x, now, out);
    break;
  }
  return out;
}

std::vector<provision_event> provisioner::on_failure(const failure& why,
                                                     time_point now) {
  events out;
  under_way_.reset();
  if (!std::exchange(outdated_, false))
    retry_later(why, now, out);
  return out;
}

void provisioner::retry_later(failure why, time_point now, events& out) {
  back_off_ =
      std::clamp(back_off_ * 2, settings_.back_off_min, settings_.back_off_max);
  retry_at_ = now + back_off_;
  trouble_ = to_string(why);
  out.push_back({kind::failed, cuid_, {}, std::move(why)});
}

/// Not again in this round; what was told once is not told in each.
void provisioner::refuse(const entry_name& which, failure why, events& out) {
  auto text = to_string(why);
  refused_[which] = text;
  if (auto& last = told_[which]; last != text) {
    last = text;
    out.push_back({kind::refused, cuid_, which, std::move(why)});
  }
}

void provisioner::on_root(const restconf::response& x, time_point now,
                          events& out) {
  if (!is_good(x)) {
    auto why = explain(x);
    why.detail += "; it was asked for its RESTCONF root: if it tells none, set "
                  "'root'";
    return retry_later(std::move(why), now, out);
  }
  auto root = restconf::read_root(x.body);
  if (!root)
    return retry_later(root.error(), now, out);
  root_ = *root;
}

/// A server that tells no capabilities is asked for whatever is wanted.
void provisioner::on_capabilities(const restconf::response& x) {
  asked_abilities_ = true;
  can_.reset();
  if (!is_good(x))
    return;
  if (auto found = read_capabilities(x.body))
    can_ = abilities_of(*found);
}

/// What an earlier cuid has goes along, be it ours or not.
void provisioner::on_survey(const restconf::response& x, time_point now,
                            events& out) {
  if (x.status == 404) {
    earlier_.erase(about_cuid_);
    out.push_back({kind::left, about_cuid_, {}, {}});
    return;
  }
  if (!is_good(x))
    return retry_later(explain(x), now, out);
  auto all = read_held(x.body, about_cuid_);
  if (!all)
    return retry_later(not_understood(all.error()), now, out);
  surveyed_.insert(about_cuid_);
  for (auto& one : *all) {
    auto known = std::ranges::find(carried_, one.key, &wanted_entry::key);
    if (!wants(one.key) && !unwanted_.contains(one.key)
        && known == carried_.end())
      carried_.push_back({one.key, std::move(one.node)});
  }
}

void provisioner::on_look(const restconf::response& x, time_point now,
                          events& out) {
  if (!is_good(x) && x.status != 404)
    return retry_later(explain(x), now, out);
  std::vector<held_entry> all;
  if (x.status != 404) {
    auto read = read_held(x.body, cuid_);
    if (!read)
      return retry_later(not_understood(read.error()), now, out);
    all = *std::move(read);
  }
  registered_ = x.status != 404;
  looked_ = true;
  looked_at_ = now;
  take(std::move(all), now, out);
  judge_all(out);
}

void provisioner::take(std::vector<held_entry> all, time_point now,
                       events& out) {
  auto old = std::exchange(there_, {});
  order_.clear();
  for (auto& x : all) {
    if (x.key.kind == entry_kind::acl)
      order_.push_back(x.key.name);
    held one{std::move(x.node), {}, now};
    if (auto left = x.whole.number("pending-lifetime"))
      one.left = std::chrono::minutes{*left};
    else if (auto i = old.find(x.key); i != old.end())
      one.seen = i->second.seen;
    there_[x.key] = std::move(one);
  }
  std::erase_if(unwanted_, [&](const auto& x) {
    if (there_.contains(x))
      return false;
    out.push_back({kind::removed, cuid_, x, {}});
    return true;
  });
}

/// What the server's drivers cannot do is not asked for (RFC 8783, Section
/// 7.1).
void provisioner::judge_all(events& out) {
  if (!can_)
    return;
  for (const auto* list : {&wanted_, &carried_})
    for (const auto& x : *list)
      if (auto bad = judge(x, *can_))
        refuse(x.key, fail(ec::unsupported, bad->path, bad->message), out);
}

void provisioner::on_enrolled(const restconf::response& x, time_point now,
                              events& out) {
  bool is_known = x.status == 409 && enrolled_again_;
  if (is_good(x) || is_known) {
    registered_ = true;
    if (!is_known)
      out.push_back({kind::registered, cuid_, {}, {}});
    return;
  }
  looked_ = false;
  auto why = explain(x);
  if (x.status == 409)
    out.push_back({kind::collision, cuid_, {}, why});
  if (x.status == 404 && !settings_.root)
    root_.reset(); // it may have moved
  retry_later(std::move(why), now, out);
}

void provisioner::on_written(const restconf::response& x, time_point now,
                             events& out) {
  std::size_t i = 0;
  auto size = wanted_.size() + carried_.size();
  while (i < size && entry(i).key != about_)
    ++i;
  if (i == size)
    return; // dropped meanwhile
  if (is_passing(x))
    return retry_later(explain(x), now, out);
  bool lost = x.status == 403 || x.status == 404;
  if (lost && !enrolled_again_) {
    // RFC 8783, Sections 6.1 and 7.2: register first.
    enrolled_again_ = true;
    registered_ = false;
    looked_ = x.status == 403;
    return;
  }
  if (!is_good(x))
    return refuse(about_, explain(x), out);
  auto old = there_.find(about_);
  bool is_same = old != there_.end() && old->second.node == entry(i).node;
  auto how = x.status == 201 || old == there_.end() ? kind::created
             : !is_same                             ? kind::changed
             : is_misplaced(i)                      ? kind::moved
                                                    : kind::refreshed;
  put_in_place(i);
  note_written(entry(i), now);
  told_.erase(about_);
  out.push_back({how, cuid_, about_, {}});
  std::erase_if(carried_, [this](const auto& y) { return y.key == about_; });
}

/// The order of ACLs as the server has it after the request under way.
void provisioner::put_in_place(std::size_t index) {
  const auto& x = entry(index).key;
  if (x.kind != entry_kind::acl || placement(index).empty())
    return;
  std::erase(order_, x.name);
  auto at = order_.begin();
  if (const auto* earlier = before(index))
    at += std::ptrdiff_t(*place_of(*earlier) + 1);
  else
    for (auto i = index + 1; i < wanted_.size() + carried_.size(); ++i)
      if (auto place = place_of(entry(i).key)) {
        at += std::ptrdiff_t(*place);
        break;
      }
  order_.insert(at, x.name);
}

void provisioner::on_removed(const restconf::response& x, time_point now,
                             events& out) {
  if (is_passing(x))
    return retry_later(explain(x), now, out);
  if (!is_good(x) && x.status != 404)
    return refuse(about_, explain(x), out);
  unwanted_.erase(about_);
  forget(about_);
  out.push_back({kind::removed, cuid_, about_, {}});
}

void provisioner::on_left(const restconf::response& x, time_point now,
                          events& out) {
  if (!is_good(x) && x.status != 404)
    return retry_later(explain(x), now, out);
  earlier_.erase(about_cuid_);
  surveyed_.erase(about_cuid_);
  out.push_back({kind::left, about_cuid_, {}, {}});
}

} // namespace tocsin::protocol::data
