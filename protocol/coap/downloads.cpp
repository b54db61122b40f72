#include "protocol/coap/downloads.hpp"

#include <algorithm>

namespace tocsin::protocol::coap {

namespace {

bool has_etag(const option_list& options, byte_view etag) {
  return std::ranges::any_of(options, [&](const option_list::entry& x) {
    return x.number == option::etag && std::ranges::equal(x.value, etag);
  });
}

byte_view etag_of(const kept_answer& x) {
  return x.options.find(option::etag).value_or(byte_view{});
}

} // namespace

const kept_answer& downloads::keep(kept_answer x) {
  std::erase_if(answers_, [&](const kept_answer& y) {
    const auto same =
        y.key == x.key && std::ranges::equal(etag_of(y), etag_of(x));
    octets_ -= same ? y.body.size() : 0;
    return same;
  });
  while (!answers_.empty()
         && (answers_.size() >= bounds_.downloads
             || octets_ + x.body.size() > bounds_.download_octets))
    drop_oldest();
  octets_ += x.body.size();
  answers_.push_back(std::move(x));
  return answers_.back();
}

const kept_answer* downloads::find(const bytes& key, const option_list& wanted,
                                   time_point now) const {
  const kept_answer* latest = nullptr;
  for (const auto& x : answers_) {
    if (x.key != key || x.expires <= now)
      continue;
    latest = &x;
    if (has_etag(wanted, etag_of(x)))
      break;
  }
  return latest;
}

// Parameters may change in between, so the order is not that of expiry.
std::optional<time_point> downloads::next_expiry() const {
  if (answers_.empty())
    return std::nullopt;
  return std::ranges::min_element(answers_, {}, &kept_answer::expires)->expires;
}

void downloads::expire(time_point now) {
  std::erase_if(answers_, [&](const kept_answer& x) {
    octets_ -= x.expires <= now ? x.body.size() : 0;
    return x.expires <= now;
  });
}

void downloads::drop_oldest() {
  octets_ -= answers_.front().body.size();
  answers_.erase(answers_.begin());
}

} // namespace tocsin::protocol::coap
