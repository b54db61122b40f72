#include "protocol/coap/parameters.hpp"

#include <algorithm>

namespace tocsin::protocol::coap {

namespace {

using namespace std::chrono_literals;

duration stretch(duration base, double factor) {
  return std::chrono::duration_cast<duration>(
      std::chrono::duration<double, duration::period>{base} * factor);
}

} // namespace

duration parameters::max_transmit_span() const noexcept {
  const auto doubled = static_cast<double>((1ull << max_retransmit) - 1);
  return stretch(ack_timeout, doubled * ack_random_factor);
}

duration parameters::max_transmit_wait() const noexcept {
  const auto doubled = static_cast<double>((2ull << max_retransmit) - 1);
  return stretch(ack_timeout, doubled * ack_random_factor);
}

duration parameters::max_rtt() const noexcept {
  return 2 * max_latency + processing_delay();
}

duration parameters::exchange_lifetime() const noexcept {
  return max_transmit_span() + max_rtt();
}

duration parameters::non_lifetime() const noexcept {
  return max_transmit_span() + max_latency;
}

parameters clamped(parameters x) noexcept {
  x.ack_timeout = std::clamp<duration>(x.ack_timeout, 1s, 30s);
  // Written so that a NaN becomes the lower bound.
  x.ack_random_factor =
      x.ack_random_factor > 1.0 ? std::min(x.ack_random_factor, 4.0) : 1.0;
  x.max_retransmit = std::min(x.max_retransmit, 15u);
  x.probing_rate = std::max(x.probing_rate, 1u);
  x.max_latency = std::clamp<duration>(x.max_latency, 1s, 1h);
  x.nstart = std::clamp(x.nstart, 1u, 16u);
  x.non_interval = std::clamp<duration>(x.non_interval, 1ms, 24h);
  x.separate_after =
      std::clamp<duration>(x.separate_after, 1ms, x.ack_timeout / 2);
  x.record_overhead = std::min(x.record_overhead, 1024u);
  return x;
}

} // namespace tocsin::protocol::coap
