#include "protocol/siblings/claim_desk.hpp"

namespace tocsin::protocol::siblings {

bool claim_desk::open(pending_claim x, time_point now) {
  sweep(now);
  if (auto i = claims_.find(x.key); i != claims_.end())
    erase(i); // asked anew
  if (claims_.size() >= max_pending_claims)
    return false;
  auto id = next_id_++;
  index_.insert(id, x.what);
  keys_.emplace(id, x.key);
  auto key = x.key;
  claims_.emplace(std::move(key), entry{std::move(x), id, false, {}});
  return true;
}

void claim_desk::answered(const claim_key& key, time_point now) {
  auto i = claims_.find(key);
  if (i == claims_.end())
    return;
  i->second.decided = true;
  i->second.until = now + claim_linger;
}

std::vector<const pending_claim*>
claim_desk::overlapping(const signal::target& what, std::string_view asker,
                        time_point now) {
  sweep(now);
  std::vector<const pending_claim*> out;
  for (auto id : index_.overlapping(what)) {
    const auto& x = claims_.at(keys_.at(id));
    if (x.decided || own_ < asker)
      out.push_back(&x.claim);
  }
  return out;
}

void claim_desk::sweep(time_point now) {
  for (auto i = claims_.begin(); i != claims_.end();) {
    auto next = std::next(i);
    if (i->second.decided && i->second.until <= now)
      erase(i);
    i = next;
  }
}

void claim_desk::erase(std::map<claim_key, entry>::iterator i) {
  index_.erase(i->second.id);
  keys_.erase(i->second.id);
  claims_.erase(i);
}

} // namespace tocsin::protocol::siblings
