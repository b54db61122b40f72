#include "protocol/signal/drop_rates.hpp"

#include <cmath>

namespace tocsin::protocol::signal {

namespace {

/// More than any link drops between two readings; a decrease that would be
/// more, taken as a wrap, is a driver that began anew.
constexpr std::uint64_t largest_step = std::uint64_t{1} << 56;

double in_seconds(duration x) {
  return std::chrono::duration<double>{x}.count();
}

std::uint64_t rate(double amount, double time) noexcept {
  auto x = time > 0 ? amount / time : 0;
  return x < 9e18 ? static_cast<std::uint64_t>(std::llround(x))
                  : std::uint64_t{9'000'000'000'000'000'000};
}

bool began_anew(std::uint64_t before, std::uint64_t now) noexcept {
  return now < before && now - before > largest_step;
}

} // namespace

void drop_rates::sample(std::uint64_t packets, std::uint64_t bytes,
                        time_point now) {
  if (began_anew(seen_packets_, packets) || began_anew(seen_bytes_, bytes))
    driver_restarted();
  auto more_packets = packets - seen_packets_;
  auto more_bytes = bytes - seen_bytes_;
  seen_packets_ = packets;
  seen_bytes_ = bytes;
  packets_ += more_packets;
  bytes_ += more_bytes;
  advance(static_cast<double>(more_packets), static_cast<double>(more_bytes),
          now);
}

void drop_rates::driver_restarted() noexcept {
  seen_packets_ = 0;
  seen_bytes_ = 0;
}

/// Spreads what came over the time since the last reading, so that the end of
/// the last full bucket has its share.
void drop_rates::advance(double packets, double bytes, time_point now) {
  if (now > last_) {
    auto buckets = (now - start_) / drop_bucket;
    if (buckets > full_) {
      auto share = in_seconds(start_ + buckets * drop_bucket - last_)
                   / in_seconds(now - last_);
      full_ = buckets;
      full_packets_ = sum_packets_ + packets * share;
      full_bytes_ = sum_bytes_ + bytes * share;
    }
    last_ = now;
  }
  if (sum_bytes_ == 0 && bytes > 0) {
    // What was dropped before the first reading was not dropped of late, as
    // after a restart.
    older_ = newer_ = {now, bytes, packets};
  } else if (now >= newer_.when + recent_step) {
    // What came after a long pause came of late.
    bool paused = now >= newer_.when + 2 * recent_step;
    older_ =
        paused ? mark{now - recent_step, sum_bytes_, sum_packets_} : newer_;
    newer_ = {now, sum_bytes_ + bytes, sum_packets_ + packets};
  }
  sum_packets_ += packets;
  sum_bytes_ += bytes;
}

std::uint64_t drop_rates::recent(time_point now) const noexcept {
  return rate(sum_bytes_ - older_.bytes, in_seconds(now - older_.when));
}

std::uint64_t drop_rates::recent_packets(time_point now) const noexcept {
  return rate(sum_packets_ - older_.packets, in_seconds(now - older_.when));
}

counters drop_rates::current() const noexcept {
  counters out;
  out.bytes_dropped = bytes_;
  out.pkts_dropped = packets_;
  if (full_ > 0) {
    auto time = in_seconds(full_ * drop_bucket);
    out.bps_dropped = rate(full_bytes_, time);
    out.pps_dropped = rate(full_packets_, time);
  } else {
    auto time = in_seconds(last_ - start_);
    out.bps_dropped = rate(sum_bytes_, time);
    out.pps_dropped = rate(sum_packets_, time);
  }
  return out;
}

} // namespace tocsin::protocol::signal
