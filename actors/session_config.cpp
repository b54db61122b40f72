// The configuration of a SESSION (RFC 9132, Section 4.5): what a client
// negotiates, what a server grants, and what follows from it.
#include "actors/session.hpp"

#include "protocol/signal/codec.hpp"
#include "protocol/signal/response.hpp"

#include <spdlog/spdlog.h>

namespace tocsin::actors {

namespace coap = protocol::coap;
namespace sig = protocol::signal;

namespace {

/// Patience with the store; a commit may wait for a busy disk.
constexpr std::chrono::seconds store_patience{20};

/// Pause told to a client whose former change is still being stored, seconds.
constexpr std::uint32_t store_pause = 2;

coap::parameters with(coap::parameters x, const sig::session_values& values) {
  using std::chrono::milliseconds;
  x.ack_timeout = milliseconds{10 * values.ack_timeout};
  x.ack_random_factor = values.ack_random_factor / 100.0;
  x.max_retransmit = values.max_retransmit;
  x.probing_rate = values.probing_rate;
  return x;
}

/// What storage keeps: the values as a client would send them.
storage::session_record to_record(const sig::config_server& x) {
  storage::session_record out;
  if (auto kept = x.stored()) {
    out.sid = kept->last_sid;
    if (kept->negotiated)
      out.body = sig::encode(sig::to_config(kept->sets, false));
  }
  return out;
}

std::optional<sig::signal_config> config_in(const bytes& body,
                                            sig::direction way) {
  auto decoded = sig::decode(body, way);
  auto* config = decoded ? std::get_if<sig::signal_config>(&*decoded) : nullptr;
  return config != nullptr ? std::optional{*config} : std::nullopt;
}

} // namespace

/// The set that goes with the mitigations (RFC 9132, Section 4.5).
const sig::session_values& session::values() const {
  const auto& sets = negotiator_ ? negotiator_->effective() : config_.values();
  return sets.of(!mitigating_.empty());
}

/// It drives heartbeats, retransmission and probing from now on.
void session::use_values() {
  agent_.set_parameters(with(agent_.current_parameters(), values()));
  if (heartbeat_)
    send(heartbeat_, atom::config_v, sig::heartbeats_of(values()));
}

// --- server side -----------------------------------------------------------

void session::on_config(const coap::incoming_request& x,
                        const sig::config_path& path) {
  if (customer_ == nullptr)
    return refuse(x.id, fail(ec::unauthorized, peer_.identity,
                             "this identity belongs to no customer"));
  if (early_) { // a lower sid than the stored one must be known as such
    early_->push_back(x); // at most limits::pending_requests
    return;
  }
  switch (x.code) {
  case coap::code::get:
    return get_config(x, path);
  case coap::code::del:
    return delete_config(x, path);
  case coap::code::put:
    if (path.sid)
      return put_config(x, *path.sid);
    return refuse(x.id, fail(ec::missing, "sid", "PUT needs a sid"));
  default:
    return refuse(x.id, coap::code::method_not_allowed,
                  "config takes GET, PUT and DELETE");
  }
}

void session::get_config(const coap::incoming_request& x,
                         const sig::config_path& path) {
  auto found = config_.describe(path.sid);
  if (!found)
    return refuse(x.id,
                  fail(ec::not_found, "sid",
                       "no configuration has this sid; GET config without a "
                       "sid tells what is in use"));
  coap::response out;
  out.options.add_uint(coap::option::content_format, coap::dots_cbor);
  out.options.add_uint(coap::option::max_age, config_.max_age());
  out.payload = sig::encode(*found);
  bool wanted = x.options.find_uint(coap::option::observe) == 0u;
  agent_.respond(x.id, out, clock().now(), wanted);
  told_config();
  if (wanted && agent_.observes(x.id))
    config_observers_.push_back({x.id, path.sid});
}

void session::put_config(const coap::incoming_request& x, std::uint32_t sid) {
  auto body = sig::decode(x.payload, sig::direction::request);
  if (!body)
    return refuse(x.id, body.error());
  auto* wanted = std::get_if<sig::signal_config>(&*body);
  if (wanted == nullptr)
    return refuse(x.id, fail(ec::malformed, "signal-config",
                             "the body is another message of DOTS"));
  auto next = config_;
  auto outcome = next.put(sid, *wanted);
  if (!outcome)
    return refuse(x.id, outcome.error());
  store_config(x.id,
               *outcome == sig::config_outcome::created ? coap::code::created
                                                        : coap::code::changed,
               std::move(next));
}

void session::delete_config(const coap::incoming_request& x,
                            const sig::config_path& path) {
  auto next = config_;
  next.remove(path.sid);
  store_config(x.id, coap::code::deleted, std::move(next));
}

/// The peer is answered, and the values are used, once they are durable.
void session::store_config(coap::request_id id, coap::code code,
                           sig::config_server next) {
  if (storing_config_) {
    auto busy = coap::diagnostic(coap::code::unavailable,
                                 "the change before this one is being stored");
    busy.options.add_uint(coap::option::max_age, store_pause);
    agent_.respond(id, busy, clock().now());
    return;
  }
  storing_config_ = true;
  auto record = to_record(next);
  record.customer = peer_.customer;
  record.identity = peer_.identity;
  record.changed = setup_->clock.at(clock().now());
  request(setup_->directory, store_patience, atom::config_v, std::move(record))
      .then(
          [this, id, code, next](ack) {
            storing_config_ = false;
            bool changed = !(next.values() == config_.values());
            config_ = next;
            agent_.respond(id, {code, {}, {}}, clock().now());
            if (config_stale_)
              told_config(); // it came back
            use_values();
            if (changed)
              tell_config_observers();
            pump();
          },
          [this, id](const caf::error& why) {
            storing_config_ = false;
            refuse(id,
                   fail(ec::unavailable, "storage", to_failure(why).detail));
            pump();
          });
}

/// From now on the client has its values for Max-Age (RFC 9132, Section
/// 4.5.3). One that never asked was told of no Max-Age.
void session::told_config() {
  if (setup_->policy.end_when_stale && config_.max_age() != sig::never_expires)
    config_stale_ =
        clock().now() + std::chrono::seconds{config_.max_age()} + stale_grace;
}

bool session::is_stale() const {
  return config_stale_ && clock().now() >= *config_stale_;
}

void session::tell_config_observers() {
  auto observers = config_observers_; // an answer of no success ends one
  for (const auto& [id, sid] : observers) {
    coap::response out;
    if (auto found = config_.describe(sid)) {
      out.options.add_uint(coap::option::content_format, coap::dots_cbor);
      out.options.add_uint(coap::option::max_age, config_.max_age());
      out.payload = sig::encode(*found);
    } else {
      out = coap::diagnostic(coap::code::not_found,
                             "this sid is no longer in use");
    }
    agent_.notify(id, out, clock().now());
    told_config();
  }
}

/// A new session of a peer goes on with what the peer negotiated last: it may
/// have lost its session to a restart of ours without knowing.
void session::restore_config() {
  if (customer_ == nullptr)
    return;
  early_.emplace();
  request(setup_->directory, store_patience, atom::config_v, peer_.customer,
          peer_.identity)
      .then(
          [this](const storage::session_record& x) {
            auto body = config_in(x.body, sig::direction::request);
            if (body || x.sid != 0) {
              sig::config_record kept;
              kept.last_sid = x.sid;
              kept.negotiated = body.has_value();
              if (body)
                kept.sets = sig::merged(config_.values(), *body);
              config_.restore(kept);
              use_values();
            }
            serve_early();
          },
          [this](const caf::error&) { serve_early(); });
}

void session::serve_early() {
  auto waiting = std::exchange(early_, std::nullopt);
  for (auto& x : *waiting)
    on_request(x);
  pump();
}

// --- client side -----------------------------------------------------------

/// Does what the machine says.
void session::negotiate(const sig::config_step& step) {
  if (!step.alert.empty())
    spdlog::warn("session {} with {}: {}", setup_->id, peer_.customer,
                 step.alert);
  if (step.changed)
    use_values();
  if (!step.send)
    return;
  coap::outgoing_request out;
  out.type = coap::type::con; // RFC 9132, Section 4.5
  sig::config_path path;
  if (auto* put = std::get_if<sig::config_request::put>(&*step.send)) {
    out.code = coap::code::put;
    path.sid = put->sid;
    out.payload = sig::encode(put->body);
  } else if (auto* get = std::get_if<sig::config_request::get>(&*step.send)) {
    out.code = coap::code::get;
    path.sid = get->sid;
  } else {
    out.code = coap::code::del;
  }
  for (const auto& segment : sig::to_segments(path))
    out.options.add(coap::option::uri_path, segment);
  if (!out.payload.empty())
    out.options.add_uint(coap::option::content_format, coap::dots_cbor);
  config_call_ = agent_.send_request(std::move(out), clock().now());
}

void session::on_config_answer(const coap::response_received& x) {
  config_call_ = 0;
  sig::config_answer answer;
  answer.code = static_cast<sig::response_code>(x.code);
  answer.content = config_in(x.payload, sig::direction::response);
  if (auto age = x.options.find_uint(coap::option::max_age))
    answer.max_age = static_cast<std::uint32_t>(*age);
  negotiate(negotiator_->on_answer(answer, clock().now()));
}

void session::on_config_silence() {
  config_call_ = 0;
  negotiate(negotiator_->on_silence(clock().now()));
}

} // namespace tocsin::actors
