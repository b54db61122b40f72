#include "protocol/coap/stream_signals.hpp"

namespace tocsin::protocol::coap {

namespace {

/// The first critical option: of the options defined so far none is (RFC 8323,
/// Section 11.2), so each that comes is one we do not understand.
std::optional<option_number> critical_option(const message& x) {
  for (const auto& option : x.options)
    if (is_critical(option.number))
      return option.number;
  return std::nullopt;
}

/// What the peer says, fit for a log: cut, and without control characters.
std::string printable(byte_view text) {
  constexpr std::size_t longest = 120;
  std::string out;
  for (const auto x : text.first(std::min(text.size(), longest)))
    out += x >= 0x20 && x < 0x7f ? static_cast<char>(x) : '?';
  return out;
}

std::string with_text(std::string what, const message& x) {
  if (!x.payload.empty())
    what += ": " + printable(x.payload);
  return what;
}

} // namespace

void stream_signals::introduce() {
  option_list options;
  options.add_uint(signal_option::max_message_size, shared_.message_size);
  options.add(signal_option::block_wise_transfer);
  shared_.post(signal::csm, {}, options, {});
}

void stream_signals::release() {
  if (std::exchange(release_sent_, true))
    return;
  shared_.releasing = true;
  shared_.post(signal::release, {}, {}, {});
}

void stream_signals::on_signal(const message& x) {
  if (x.code == signal::abort) {
    on_abort(x); // no option could make it mean anything else
    return;
  }
  if (!introduced() && x.code != signal::csm) {
    shared_.abort("the first message is not a CSM");
    return;
  }
  if (const auto number = critical_option(x)) {
    option_list options;
    if (x.code == signal::csm)
      options.add_uint(signal_option::bad_csm_option, *number);
    shared_.abort("option " + std::to_string(*number)
                      + " of a signaling message is not understood",
                  options);
    return;
  }
  if (x.code == signal::csm)
    on_csm(x);
  else if (x.code == signal::ping)
    on_ping(x);
  else if (x.code == signal::release)
    on_release(x);
}

// Settings accumulate: what a later CSM leaves out stays as it was (RFC 8323,
// Section 5.3). Malformed and surplus options are elective, hence ignored.
void stream_signals::on_csm(const message& x) {
  constexpr std::size_t longest_size = 4;
  csm_due_.reset();
  const auto size = x.options.find(signal_option::max_message_size);
  if (size && size->size() <= longest_size)
    shared_.peer_message_size =
        static_cast<std::uint32_t>(read_uint(*size).value_or(0));
  const auto blocks = x.options.find(signal_option::block_wise_transfer);
  if (blocks && blocks->empty())
    shared_.peer_block_wise = true;
}

void stream_signals::on_ping(const message& x) {
  const auto custody = x.options.find(signal_option::custody);
  if (custody && custody->empty())
    server_.pong_in_turn(x.token);
  else if (!shared_.post(signal::pong, x.token, {}, {}))
    ++shared_.counters.lost;
}

void stream_signals::on_release(const message& x) {
  constexpr std::size_t longest_hold_off = 3;
  if (std::exchange(release_received_, true))
    return;
  shared_.releasing = true;
  auto reason = with_text("the peer releases the connection", x);
  const auto hold_off = x.options.find(signal_option::hold_off);
  if (hold_off && hold_off->size() <= longest_hold_off)
    reason += " (hold off for "
              + std::to_string(read_uint(*hold_off).value_or(0)) + " s)";
  shared_.events.push(stream_ended{true, std::move(reason)});
}

void stream_signals::on_abort(const message& x) {
  shared_.end(with_text("the peer aborts the connection", x));
}

void stream_signals::on_time(time_point now) {
  if (const auto due = deadline(); due && *due <= now)
    shared_.abort("no CSM in time");
}

} // namespace tocsin::protocol::coap
