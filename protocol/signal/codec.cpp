#include "protocol/signal/codec.hpp"

#include "protocol/signal/codec_decoder.hpp"
#include "protocol/signal/codec_encoder.hpp"

namespace tocsin::protocol::signal {

namespace {

/// The message as the one body it must hold (RFC 9132, Section 5.1).
result<body> only_member(message&& x) {
  int found = x.mitigation.has_value() + x.config.has_value()
              + x.redirect.has_value() + x.heartbeat.has_value();
  if (found == 0)
    return fail(ec::missing, "dots-signal",
                "the body holds no DOTS message; one of keys 1, 30, 46 and 49 "
                "is needed");
  if (found > 1)
    return fail(ec::malformed, "dots-signal",
                "the body holds several messages; one is allowed");
  if (x.mitigation)
    return body{std::move(*x.mitigation)};
  if (x.config)
    return body{std::move(*x.config)};
  if (x.redirect)
    return body{std::move(*x.redirect)};
  return body{*x.heartbeat};
}

} // namespace

result<body> decode(byte_view octets, direction way) {
  if (octets.size() > max_body_size)
    return fail(ec::too_large, "body",
                std::to_string(octets.size()) + " octets, at most "
                    + std::to_string(max_body_size) + " are accepted");
  message x;
  decoder d{octets, way};
  if (auto r = d.read(x); !r)
    return r.error();
  return only_member(std::move(x));
}

bytes encode(const body& x) {
  encoder e;
  std::visit([&](const auto& only) { e.write_message(only); }, x);
  return std::move(e).get();
}

} // namespace tocsin::protocol::signal
