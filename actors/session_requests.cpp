// What the peer of a SESSION asks.
#include "actors/identity.hpp"
#include "actors/session.hpp"

#include "actors/heartbeat.hpp"
#include "actors/heartbeat_requests.hpp"

#include "protocol/signal/codec.hpp"
#include "protocol/signal/response.hpp"

#include <spdlog/spdlog.h>

namespace tocsin::actors {

namespace coap = protocol::coap;
namespace sig = protocol::signal;

namespace {

/// Patience with CLIENT; it answers after names were looked up and the change
/// was made durable.
constexpr std::chrono::seconds client_patience{50};

std::vector<std::string_view> texts(const coap::option_list& options,
                                    coap::option_number number) {
  std::vector<std::string_view> found;
  found.reserve(options.size());
  for (auto x : options)
    if (x.number == number)
      found.push_back(x.text());
  return found;
}

char filter_letter(sig::content_filter x) {
  switch (x) {
  case sig::content_filter::configuration:
    return 'c';
  case sig::content_filter::non_configuration:
    return 'n';
  case sig::content_filter::all:
    return 'a';
  }
  return 'a';
}

std::optional<dots_request::method> method_of(coap::code x) {
  switch (x) {
  case coap::code::get:
    return dots_request::method::get;
  case coap::code::put:
    return dots_request::method::put;
  case coap::code::del:
    return dots_request::method::remove;
  default:
    return std::nullopt;
  }
}

/// A redirect has a body, other answers of this code have a text.
bool is_redirection(const dots_response& x) {
  return x.cbor
         && x.code
                == static_cast<std::uint8_t>(sig::response_code::unavailable);
}

} // namespace

coap::response to_response(dots_response x) {
  coap::response out;
  out.code = static_cast<coap::code>(x.code);
  if (x.cbor)
    out.options.add_uint(coap::option::content_format, coap::dots_cbor);
  if (x.max_age)
    out.options.add_uint(coap::option::max_age, *x.max_age);
  out.payload = std::move(x.payload);
  return out;
}

void session::on_request(coap::incoming_request& x) {
  auto format = x.options.find_uint(coap::option::content_format);
  if (x.code == coap::code::put && format && *format != coap::dots_cbor)
    return refuse(x.id, coap::code::unsupported_format,
                  "the Content-Format must be application/dots+cbor (271)");
  auto accept = x.options.find_uint(coap::option::accept);
  if (accept && *accept != coap::dots_cbor)
    return refuse(x.id, coap::code::not_acceptable,
                  "only application/dots+cbor (271) is offered");
  if (x.options.contains(coap::option::if_none_match))
    return refuse(x.id, coap::code::bad_option,
                  "If-None-Match (5) is not supported");
  auto path = sig::parse_path(texts(x.options, coap::option::uri_path));
  if (!path)
    return refuse(x.id, path.error());
  if (std::holds_alternative<sig::heartbeat_path>(*path))
    return on_heartbeat(x);
  if (!setup_->server)
    return refuse(x.id, coap::code::not_found,
                  "a DOTS client serves heartbeats only");
  if (auto* config = std::get_if<sig::config_path>(&*path))
    return on_config(x, *config);
  on_mitigate(x, std::get<sig::mitigate_path>(*path));
}

void session::on_heartbeat(const coap::incoming_request& x) {
  if (x.code != coap::code::put)
    return refuse(x.id, coap::code::method_not_allowed, "hb takes PUT only");
  auto body = sig::decode(x.payload, sig::direction::request);
  if (!body)
    return refuse(x.id, body.error());
  auto* beat = std::get_if<sig::heartbeat_body>(&*body);
  if (beat == nullptr)
    return refuse(x.id, fail(ec::malformed, "heartbeat",
                             "the body is another message of DOTS"));
  note_heartbeat(beat->peer_hb_status);
  agent_.respond(x.id, {coap::code::changed, {}, {}}, clock().now());
}

void session::note_heartbeat(bool peer_hb_status) {
  bool is_news = peer_hears_us_ != peer_hb_status;
  peer_hears_us_ = peer_hb_status;
  if (!heartbeat_ || (!is_news && heard_ - told_beat_ < traffic_notice))
    return;
  told_ = told_beat_ = heard_;
  caf::anon_send(heartbeat_, atom::heard_v, peer_hb_status);
}

bool session::beat_answers::recognises(coap::code method, byte_view content) {
  if (method != coap::code::put)
    return false;
  auto found = heartbeat_requests::of_thread().find(content);
  peer_hb_status_ = found.value_or(false);
  return found.has_value();
}

coap::code session::beat_answers::answer(byte_view) {
  ++given_;
  whose_.note_heartbeat(peer_hb_status_);
  return coap::code::changed;
}

void session::on_mitigate(coap::incoming_request& x,
                          const sig::mitigate_path& path) {
  auto method = method_of(x.code);
  if (!method)
    return refuse(x.id, coap::code::method_not_allowed,
                  "mitigate takes GET, PUT and DELETE");
  if (customer_ == nullptr)
    return refuse(x.id, fail(ec::unauthorized, peer_.identity,
                             "this certificate belongs to no customer"));
  if (*method != dots_request::method::get)
    if (auto mid = sig::require_mid(path); !mid)
      return refuse(x.id, mid.error());
  dots_request request;
  request.what = *method;
  request.from = peer_;
  request.cuid = path.cuid;
  if (customer_->gateway)
    name_origin(path, request);
  request.mid = path.mid;
  request.filter = filter_letter(
      sig::parse_query(texts(x.options, coap::option::uri_query)));
  request.if_match = x.options.contains(coap::option::if_match);
  if (auto hops = x.options.find_uint(coap::option::hop_limit))
    request.hop_limit = static_cast<std::uint8_t>(*hops);
  request.body = std::move(x.payload);
  if (request.what == dots_request::method::get
      && x.options.find_uint(coap::option::observe) == 0u)
    request.observe = observer{setup_->id, x.id,
                               caf::actor_cast<caf::strong_actor_ptr>(this)};
  if (redirects(request))
    return answer(x.id, on_redirected(redirection()));
  if (auto i = clients_.find({request.from.customer, request.cuid});
      i != clients_.end())
    serve(i->second, x.id, std::move(request), true);
  else
    look_up(x.id, std::move(request));
}

/// A gateway that is trusted with it says whose request it is: of a customer
/// who is known by that cdid, whatever gateway it comes through; or of a domain
/// within the gateway's own customer (RFC 9132, Section 4.4.1.2).
void session::name_origin(const sig::mitigate_path& path, dots_request& to) {
  auto cdid = path.cdid.value_or("");
  auto* known = cdid.empty() ? nullptr : setup_->customers.by_cdid(cdid);
  if (known != nullptr && known != customer_) {
    to.forwarded = true;
    to.from.customer = known->name;
    to.from.identity = std::string{behind_gateway} + known->name;
  } else {
    to.cuid = cdid + '/' + path.cuid; // neither has a slash
  }
  // The first gateway on the way names the domain, or nobody does.
  to.from.cdid = std::move(cdid);
}

void session::look_up(coap::request_id id, dots_request request) {
  // A withdrawal may overtake its request, so a CLIENT remembers it.
  bool create = request.what != dots_request::method::get;
  this->request(setup_->directory, client_patience, atom::client_v,
                request.from.customer, request.cuid, create)
      .then(
          [this, id, request](const caf::strong_actor_ptr& found) mutable {
            auto client = caf::actor_cast<client_actor>(found);
            if (clients_.size() >= max_cached_clients)
              clients_.clear();
            clients_[{request.from.customer, request.cuid}] = client;
            // A new session learns of a redirect before this answer, though
            // not before its first request.
            if (redirects(request)) {
              answer(id, on_redirected(redirection()));
              pump();
            } else {
              serve(client, id, std::move(request), false);
            }
          },
          [this, id, request](const caf::error& err) {
            not_found(id, request, to_failure(err));
            pump();
          });
}

void session::not_found(coap::request_id id, const dots_request& request,
                        const failure& why) {
  bool removal = request.what == dots_request::method::remove;
  if (removal && (why.code == ec::conflict || why.code == ec::not_found))
    answer(id, {static_cast<std::uint8_t>(sig::response_code::deleted),
                false,
                {},
                {},
                false});
  else if (why.code == ec::conflict)
    answer(id, {static_cast<std::uint8_t>(sig::response_code::conflict),
                true,
                sig::encode(sig::cuid_collision()),
                {},
                false});
  else
    refuse(id, why);
}

/// A CLIENT that was remembered may have ended since, having nothing to do: it
/// is looked up again, for this may be the call for help.
void session::serve(const client_actor& client, coap::request_id id,
                    dots_request request, bool may_be_stale) {
  if (redirect_.active)
    request.redirect = redirect_;
  this->request(client, client_patience, atom::serve_v, request)
      .then(
          [this, client, id](dots_response& x) {
            if (redirect_.active && is_redirection(x))
              answer(id, on_redirected(std::move(x)));
            else if (x.observed)
              answer_observer(client, id, std::move(x));
            else
              answer(id, std::move(x));
            pump();
          },
          [this, id, request = std::move(request),
           may_be_stale](const caf::error& err) mutable {
            clients_.erase({request.from.customer, request.cuid});
            if (may_be_stale && err == caf::sec::request_receiver_down) {
              look_up(id, std::move(request));
              return;
            }
            refuse(id,
                   fail(ec::unavailable, "mitigate", to_failure(err).detail));
            pump();
          });
}

void session::answer(coap::request_id id, dots_response x) {
  if (x.silent)
    agent_.drop(id, clock().now());
  else
    agent_.respond(id, to_response(std::move(x)), clock().now());
}

void session::answer_observer(const client_actor& client, coap::request_id id,
                              dots_response x) {
  agent_.respond(id, to_response(std::move(x)), clock().now(), true);
  if (agent_.observes(id))
    observers_[id] = client;
  else // beyond what one session may observe
    send(client, atom::forget_v, setup_->id, id);
}

void session::refuse(coap::request_id id, const failure& why) {
  auto code = static_cast<coap::code>(sig::code_of(why.code));
  refuse(id, code, sig::diagnostic(why));
}

void session::refuse(coap::request_id id, coap::code code,
                     std::string_view text) {
  spdlog::debug("session {}: {} {}", setup_->id, coap::code_string(code), text);
  agent_.respond(id, coap::diagnostic(code, text), clock().now());
}

} // namespace tocsin::actors
