// Who observes through a SESSION, and who is sent elsewhere.
#include "actors/rules.hpp"
#include "actors/session.hpp"

#include "protocol/signal/codec.hpp"
#include "protocol/signal/response.hpp"

namespace tocsin::actors {

namespace coap = protocol::coap;
namespace sig = protocol::signal;

void session::notify(coap::request_id id, dots_response x) {
  agent_.notify(id, to_response(std::move(x)), clock().now());
}

void session::on_observation_ended(coap::request_id id) {
  std::erase_if(config_observers_,
                [id](const auto& x) { return x.first == id; });
  auto node = observers_.extract(id);
  if (!node.empty())
    send(node.mapped(), atom::forget_v, setup_->id, id);
}

/// Who observes learns it at once (RFC 9132, Section 4.6): 5.03 ends the
/// observation.
void session::redirect(redirect_order x) {
  redirect_ = std::move(x);
  disregarded_ = 0;
  redirected_until_.reset();
  if (!redirect_.active || !redirect_.everything || !up_)
    return;
  std::vector<coap::request_id> all;
  for (const auto& [id, _] : observers_)
    all.push_back(id);
  for (auto id : all)
    notify(id, redirection());
}

/// Requests for mitigation go elsewhere. What is here may still be read and
/// withdrawn here: a client that moved must be able to take its requests back.
bool session::redirects(const dots_request& x) const {
  return redirect_.active && redirect_.everything
         && x.what == dots_request::method::put;
}

dots_response session::redirection() {
  return redirection_to(redirect_);
}

/// Answers a request with a redirect, or refuses it: a client that goes on to
/// ask here while the redirect holds may be rejected (RFC 9132, Section 4.6).
/// One that covers a single request (Max-Age 0) cannot be disregarded.
dots_response session::on_redirected(dots_response x) {
  auto now = clock().now();
  if (redirect_.tolerance == 0 || redirect_.max_age == 0)
    return x;
  if (!redirected_until_ || now >= *redirected_until_) {
    redirected_until_ = now + std::chrono::seconds{redirect_.max_age};
    disregarded_ = 0;
    return x;
  }
  if (++disregarded_ <= redirect_.tolerance)
    return x;
  disregarded_ = redirect_.tolerance; // so that it does not grow
  auto text = sig::diagnostic(fail(ec::unauthorized, "mitigate",
                                   "this client was sent to "
                                       + redirect_.where.alt_server
                                       + " and goes on to ask here"));
  return {static_cast<std::uint8_t>(coap::code::forbidden),
          false,
          bytes(text.begin(), text.end()),
          {},
          false};
}

} // namespace tocsin::actors
