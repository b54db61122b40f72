// DATA CLIENT: the connection to the server.
#include "actors/data_client.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace tocsin::actors {

namespace {

/// A lookup asks several servers several times.
constexpr std::chrono::seconds resolve_patience{15};

/// Not more of a server's addresses are tried.
constexpr std::size_t max_addresses = 16;

/// RFC 9110, Section 9.2.2: twice is as good as once.
bool is_idempotent(const std::string& method) {
  return method == "GET" || method == "HEAD" || method == "PUT"
         || method == "DELETE" || method == "OPTIONS";
}

std::string with_port(const protocol::signal::prefix& x, std::uint16_t port) {
  auto host = x.is_ipv4() ? x.address_string() : '[' + x.address_string() + ']';
  return host + ':' + std::to_string(port);
}

} // namespace

void data_client::begin() {
  phase_ = phase::resolving;
  retry_at_.reset();
  addresses_.clear();
  trouble_ = "the server has no address";
  ++resolution_;
  resolve(0);
}

/// Collects the addresses of all servers, then begins with the first.
void data_client::resolve(std::size_t index) {
  if (index >= setup_->servers.size())
    return try_next();
  const auto& server = setup_->servers[index];
  auto number = resolution_;
  request(setup_->resolver, resolve_patience, atom::resolve_v, server.host)
      .then(
          [=, this](const std::vector<protocol::signal::prefix>& found) {
            if (number != resolution_ || phase_ != phase::resolving)
              return;
            for (const auto& x : found)
              if (addresses_.size() < max_addresses)
                addresses_.push_back(with_port(x, setup_->servers[index].port));
            resolve(index + 1);
          },
          [=, this](const caf::error& why) {
            if (number != resolution_ || phase_ != phase::resolving)
              return;
            trouble_ = to_string(to_failure(why));
            resolve(index + 1);
          });
}

void data_client::try_next() {
  if (addresses_.empty())
    return give_up();
  address_ = std::move(addresses_.front());
  addresses_.pop_front();
  phase_ = phase::connecting;
  opened_ = writing_ = false;
  answers_ = 0;
  ++number_;
  auto secure = setup_->secure(clock().now());
  auto link = secure
                  ? setup_->connect(address_, number_, data_client_actor{this})
                  : result<data_link>{secure.error()};
  if (!link) {
    trouble_ = address_ + ": " + to_string(link.error());
    return try_next();
  }
  security_ = *std::move(secure);
  link_ = *std::move(link);
  attempt_due_ = clock().now() + setup_->limits.connect;
  arm();
}

/// No address was of use: whoever waits is told now, rather than when its time
/// is up, and the server is left alone for a while.
void data_client::give_up() {
  phase_ = phase::down;
  auto wait = back_off_ ? std::min<duration>(*back_off_ * 2,
                                             setup_->limits.back_off_max)
                        : duration{setup_->limits.back_off_min};
  back_off_ = wait;
  retry_at_ = clock().now() + wait;
  spdlog::warn("data channel to {}: no connection: {}", setup_->name, trouble_);
  fail_all(fail(ec::unavailable, setup_->name, "no connection: " + trouble_));
  arm();
}

void data_client::on_opened(std::uint64_t number) {
  if (number != number_ || phase_ != phase::connecting)
    return;
  opened_ = true;
  pump();
  work();
}

void data_client::on_packet(std::uint64_t number, const bytes& octets) {
  if (number != number_ || !security_)
    return;
  heard_ = clock().now();
  security_->receive(octets, heard_);
  pump();
  work();
}

void data_client::on_drained(std::uint64_t number) {
  if (number != number_ || !security_)
    return;
  writing_ = false;
  flush();
}

void data_client::on_gone(std::uint64_t number, const std::string& why) {
  if (number != number_ || !security_)
    return;
  link_.close = [] {}; // it is
  link_.send = [](byte_view) {};
  lost(why, false);
  work();
}

/// Moves everything as far as it goes.
void data_client::pump() {
  if (!security_)
    return;
  using state = transports::secure_association::state;
  if (phase_ == phase::connecting && security_->current() == state::established)
    on_up();
  if (phase_ == phase::up)
    read();
  flush();
  if (security_ && security_->current() == state::closed)
    lost(security_->failure_reason(), security_->failure_reason().empty());
}

void data_client::on_up() {
  phase_ = phase::up;
  attempt_due_.reset();
  back_off_.reset();
  trouble_.clear();
  heard_ = clock().now();
  http_ = std::make_unique<transports::http_client_exchange>(
      setup_->host, setup_->limits.http);
  spdlog::info("data channel to {}: up at {}, {}{}", setup_->name, address_,
               security_->protocol(), security_->resumed() ? ", resumed" : "");
}

void data_client::read() {
  bytes octets;
  while (security_->next_plaintext(octets))
    http_->receive(octets);
  auto answer = http_->next_response();
  if (answer && current_) {
    ++answers_;
    auto promise = std::move(current_->promise);
    current_.reset();
    if (*answer)
      promise.deliver(**std::move(answer));
    else
      promise.deliver(to_error(answer->error()));
  }
  if (!http_->usable() && !current_)
    hang_up();
}

/// One piece at a time: a body waits in the exchange, and not again in TLS.
void data_client::flush() {
  if (!security_)
    return;
  bytes octets;
  while (http_ && !writing_ && http_->next_output(octets)) {
    if (!security_->send(octets))
      break; // pump() sees that it is closed
    writing_ = true;
  }
  while (opened_ && security_->next_datagram(octets))
    link_.send(octets);
}

/// The connection is no more, or was never there.
void data_client::lost(const std::string& why, bool orderly) {
  bool connecting = phase_ == phase::connecting;
  trouble_ = address_ + ": "
             + (why.empty() ? "the server closed the connection" : why);
  if (http_) {
    // It ended before it saw the request, as far as one can tell.
    bool unseen = answers_ > 0 && !http_->answer_begun();
    http_->end_of_stream(orderly);
    auto answer = http_->next_response();
    if (current_ && answer && *answer) {
      current_->promise.deliver(**std::move(answer));
    } else if (current_ && unseen && !current_->repeated
               && is_idempotent(current_->request.method)) {
      current_->repeated = true;
      queue_.push_front(*std::move(current_));
    } else if (current_) {
      current_->promise.deliver(
          to_error(fail(ec::closed, setup_->name, trouble_)));
    }
    current_.reset();
  }
  hang_up();
  if (connecting)
    try_next();
}

/// Ends the connection, if there is one, from our side.
void data_client::hang_up() {
  attempt_due_.reset();
  if (phase_ == phase::up || phase_ == phase::connecting)
    phase_ = phase::down;
  if (!security_)
    return;
  security_->close();
  bytes octets;
  while (opened_ && security_->next_datagram(octets))
    link_.send(octets);
  link_.close();
  link_ = {};
  security_.reset();
  http_.reset();
}

} // namespace tocsin::actors
