// What a SESSION asks its peer: heartbeats, and whatever UPSTREAM wants.
#include "actors/session.hpp"

#include "protocol/signal/codec.hpp"

#include <algorithm>

namespace tocsin::actors {

namespace coap = protocol::coap;
namespace sig = protocol::signal;

namespace {

/// With an estimate of the round-trip time requests may be repeated faster
/// than every 3 s (RFC 9132, Section 4.4: at most once per RTT). Four round
/// trips leave room for a slow server, one second for a loaded one.
constexpr std::chrono::seconds fastest_repeat{1};
constexpr std::chrono::seconds slowest_repeat{3};

coap::outgoing_request to_request(const coap_call& x, duration interval) {
  coap::outgoing_request out;
  out.type = x.confirmable ? coap::type::con : coap::type::non;
  out.code = static_cast<coap::code>(x.code);
  if (x.if_match)
    out.options.add(coap::option::if_match);
  if (x.observe)
    out.options.add_uint(coap::option::observe, 0);
  for (const auto& segment : x.path)
    out.options.add(coap::option::uri_path, segment);
  if (!x.body.empty())
    out.options.add_uint(coap::option::content_format, coap::dots_cbor);
  if (x.hop_limit != 0)
    out.options.add_uint(coap::option::hop_limit, x.hop_limit);
  for (const auto& parameter : x.query)
    out.options.add(coap::option::uri_query, parameter);
  out.payload = x.body;
  out.urgent = x.urgent;
  out.repeat.interval = interval;
  out.repeat.attempts = static_cast<std::uint32_t>(
      std::clamp<duration::rep>(x.patience / interval, 1, 1000));
  out.deadline = x.patience;
  return out;
}

coap_reply to_reply(coap::response_received& x) {
  coap_reply reply;
  reply.code = static_cast<std::uint8_t>(x.code);
  if (auto format = x.options.find_uint(coap::option::content_format))
    reply.format = static_cast<std::uint16_t>(*format);
  if (auto age = x.options.find_uint(coap::option::max_age))
    reply.max_age = static_cast<std::uint32_t>(*age);
  if (coap::is_success(x.code) && x.options.contains(coap::option::observe))
    reply.observation = x.id;
  reply.body = std::move(x.payload);
  return reply;
}

} // namespace

caf::result<coap_reply> session::call(coap_call what) {
  auto promise = make_response_promise<coap_reply>();
  if (ended_ || !up_) {
    promise.deliver(to_error(fail(ec::closed, "session", "it is not up")));
    return promise;
  }
  auto interval = agent_.current_parameters().non_interval;
  auto id = agent_.send_request(to_request(what, interval), clock().now());
  calls_.emplace(id, promise);
  if (what.tag != 0)
    tags_[what.tag] = id;
  pump();
  return promise;
}

void session::abandon(std::uint64_t tag) {
  auto node = tags_.extract(tag);
  if (node.empty() || ended_)
    return;
  agent_.cancel(node.mapped(), clock().now());
  pump();
}

void session::send_heartbeat(bool peer_hb_status) {
  if (ended_)
    return;
  auto now = clock().now();
  if (beat_ != 0) {
    agent_.cancel(beat_, now); // one that stayed without answer
    ++missed_;
  }
  coap_call beat;
  beat.code = static_cast<std::uint8_t>(coap::code::put);
  beat.path = sig::to_segments(sig::heartbeat_path{});
  beat.body = sig::encode(sig::heartbeat_body{peer_hb_status});
  beat.patience =
      std::max<duration>(values().heartbeat_interval, slowest_repeat);
  auto request = to_request(beat, slowest_repeat);
  request.repeat.attempts = 1; // each heartbeat is sent once
  beat_ = agent_.send_request(std::move(request), now);
}

void session::on_response(coap::response_received& x) {
  if (x.rtt)
    learn_rtt(*x.rtt);
  if (x.id == config_call_)
    return on_config_answer(x);
  if (x.id == beat_) {
    beat_ = 0;
    missed_ = 0;
    told_ = heard_;
    send(heartbeat_, atom::report_v, coap::is_success(x.code));
    return;
  }
  auto reply = to_reply(x);
  if (x.further) {
    if (!reply.observation)
      observing_.erase(x.id);
    send(setup_->owner, atom::notify_v, setup_->id, x.id, std::move(reply));
    return;
  }
  std::erase_if(tags_, [&x](const auto& t) { return t.second == x.id; });
  auto node = calls_.extract(x.id);
  if (node.empty())
    return;
  if (reply.observation)
    observing_.insert(x.id);
  node.mapped().deliver(std::move(reply));
}

void session::on_failure(const coap::request_failed& x) {
  if (x.id == config_call_)
    return on_config_silence();
  if (x.id == beat_) {
    beat_ = 0;
    if (x.reason != coap::failure_reason::cancelled)
      ++missed_;
    return;
  }
  if (observing_.erase(x.id) > 0) { // it has ended
    send(setup_->owner, atom::notify_v, setup_->id, x.id, coap_reply{});
    return;
  }
  std::erase_if(tags_, [&x](const auto& t) { return t.second == x.id; });
  auto node = calls_.extract(x.id);
  if (node.empty())
    return;
  bool silent = x.reason == coap::failure_reason::timeout;
  node.mapped().deliver(to_error(fail(
      silent ? ec::timeout : ec::unavailable, "peer",
      silent ? "no answer in time"
             : "the request failed: " + std::string{to_string(x.reason)})));
}

void session::learn_rtt(duration rtt) {
  if (setup_->path)
    setup_->path->rtt = rtt.count();
  auto interval = std::clamp<duration>(4 * rtt, fastest_repeat, slowest_repeat);
  auto values = agent_.current_parameters();
  if (values.non_interval == interval)
    return;
  values.non_interval = interval;
  agent_.set_parameters(values);
}

} // namespace tocsin::actors
