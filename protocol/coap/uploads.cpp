#include "protocol/coap/uploads.hpp"

#include <algorithm>

namespace tocsin::protocol::coap {

namespace {

response incomplete(std::string_view why) {
  return diagnostic(code::request_incomplete, why);
}

} // namespace

uploads::verdict uploads::take(incoming_request& x, const block& part,
                               response& reply, time_point now,
                               const parameters& values) {
  if (part.more && !part.full(x.payload.size())) {
    reply = diagnostic(code::bad_request, "payload is not one block");
    return verdict::answer;
  }
  auto key = request_key(x.code, x.options, false);
  auto i = std::ranges::find(transfers_, key, &transfer::key);
  const auto announced = x.options.find_uint(option::size1).value_or(0);
  if (std::max<std::uint64_t>(announced, part.offset() + x.payload.size())
      > bounds_.body) {
    if (i != transfers_.end())
      transfers_.erase(i);
    reply = too_large();
    return verdict::answer;
  }
  // A copy of block 0 must not throw away what came since.
  const auto copy = i != transfers_.end() && same(*i, part, x.payload)
                    && (i->first == x.token || !i->whole);
  if (part.num == 0 && !copy) {
    // A sender that has not been heard for so long has given up.
    if (i != transfers_.end() && !i->whole
        && now < i->heard + values.max_transmit_wait()) {
      reply = incomplete("another body for this resource is under way");
      return verdict::answer;
    }
    if (i != transfers_.end())
      transfers_.erase(i);
    i = begin(std::move(key), x);
  }
  if (i == transfers_.end()) {
    reply = incomplete("earlier blocks are missing");
    return verdict::answer;
  }
  i->expires = now + values.exchange_lifetime();
  if (i->format != x.options.find_uint(option::content_format)) {
    transfers_.erase(i);
    reply = incomplete("Content-Format differs between blocks");
    return verdict::answer;
  }
  if (part.offset() == i->body.size() && !i->whole) {
    i->last_offset = part.offset();
    i->body.insert(i->body.end(), x.payload.begin(), x.payload.end());
    i->whole = !part.more;
  } else if (!same(*i, part, x.payload)) {
    if (part.offset() < i->body.size())
      transfers_.erase(i); // contradicts what was received
    reply = incomplete("not the block that comes next");
    return verdict::answer;
  }
  i->heard = now;
  if (part.more) {
    reply = {code::continue_, {}, {}};
    return verdict::answer;
  }
  x.payload = i->body;
  return verdict::deliver;
}

/// Has this very block been received?
bool uploads::same(const transfer& x, const block& part, byte_view payload) {
  const auto at = part.offset();
  if (at > x.body.size() || payload.size() > x.body.size() - at)
    return false;
  const auto ends_body =
      x.whole && at == x.last_offset && at + payload.size() == x.body.size();
  return (part.more || ends_body)
         && std::ranges::equal(payload,
                               byte_view{x.body}.subspan(at, payload.size()));
}

uploads::list::iterator uploads::begin(bytes key, const incoming_request& x) {
  if (transfers_.size() >= std::max(bounds_.uploads, 1u))
    transfers_.erase(
        std::ranges::min_element(transfers_, {}, &transfer::expires));
  transfer y;
  y.key = std::move(key);
  y.first = x.token;
  y.format = x.options.find_uint(option::content_format);
  transfers_.push_back(std::move(y));
  return transfers_.end() - 1;
}

// The size at which the block could have been taken is not smaller, so none
// is hinted at (RFC 7959, Section 2.9.3).
response uploads::too_large() const {
  auto reply = diagnostic(code::too_large, "the body is too large");
  reply.options.add_uint(option::size1, bounds_.body);
  return reply;
}

std::optional<time_point> uploads::next_expiry() const {
  if (transfers_.empty())
    return std::nullopt;
  return std::ranges::min_element(transfers_, {}, &transfer::expires)->expires;
}

void uploads::expire(time_point now) {
  std::erase_if(transfers_,
                [&](const transfer& x) { return x.expires <= now; });
}

} // namespace tocsin::protocol::coap
