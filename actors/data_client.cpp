// DATA CLIENT: the requests.
#include "actors/data_client.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace tocsin::actors {

namespace {

void consider(std::optional<time_point>& due, std::optional<time_point> x) {
  if (x && (!due || *x < *due))
    due = x;
}

} // namespace

data_client::data_client(caf::actor_config& cfg,
                         std::shared_ptr<data_client_setup> setup)
    : pinned{cfg, setup->where}, setup_{std::move(setup)},
      timer_{setup_->reactor}, born_{clock().now()}, heard_{born_} {}

data_client::behavior_type data_client::make_behavior() {
  return {
      [this](atom::request, http_order& x) { return order(std::move(x)); },
      [this](atom::status) { return view(); },
      [this](atom::finish) {
        finished_ = true;
        fail_all(fail(ec::closed, setup_->name, "the node shuts down"));
        hang_up();
        quit();
      },
      [this](atom::opened, std::uint64_t number) { on_opened(number); },
      [this](atom::packet, std::uint64_t number, const bytes& octets) {
        on_packet(number, octets);
      },
      [this](atom::drained, std::uint64_t number) { on_drained(number); },
      [this](atom::gone, std::uint64_t number, const std::string& why) {
        on_gone(number, why);
      },
      [this](atom::tick) { on_tick(); },
  };
}

void data_client::on_exit() {
  timer_.stop();
  hang_up();
  queue_.clear();
  current_.reset();
  setup_->resolver = resolver_actor{};
}

caf::result<http_answer> data_client::order(http_order what) {
  if (finished_)
    return to_error(fail(ec::closed, setup_->name, "the node shuts down"));
  if (queue_.size() >= setup_->limits.waiting)
    return to_error(fail(ec::unavailable, setup_->name,
                         "too many requests wait for this server"));
  auto promise = make_response_promise<http_answer>();
  queue_.push_back(
      {std::move(what.request), clock().now() + what.patience, promise});
  work();
  return promise;
}

void data_client::on_tick() {
  timer_.rang();
  if (finished_)
    return;
  auto now = clock().now();
  expire(now);
  if (security_)
    security_->on_time(now);
  if (attempt_due_ && now >= *attempt_due_)
    lost("no answer to the attempt to connect", false);
  if (phase_ == phase::up && !current_ && queue_.empty()
      && now >= heard_ + setup_->limits.idle)
    hang_up();
  if (phase_ == phase::up || phase_ == phase::connecting)
    pump();
  work();
}

/// Begins whatever can be begun.
void data_client::work() {
  if (finished_)
    return;
  if (phase_ == phase::down && !queue_.empty()
      && (!retry_at_ || clock().now() >= *retry_at_))
    begin();
  while (phase_ == phase::up && !current_ && !queue_.empty()) {
    auto next = std::move(queue_.front());
    queue_.pop_front();
    auto asked = http_->request(next.request);
    if (!asked && asked.error().code != ec::malformed) {
      queue_.push_front(std::move(next));
      hang_up();
      return work();
    }
    if (!asked) {
      next.promise.deliver(to_error(asked.error()));
      continue;
    }
    ++requests_;
    current_ = std::move(next);
    flush();
  }
  arm();
}

void data_client::arm() {
  std::optional<time_point> due = attempt_due_;
  if (security_)
    consider(due, security_->next_deadline());
  if (current_)
    consider(due, current_->due);
  for (const auto& x : queue_)
    consider(due, x.due);
  if (phase_ == phase::down && !queue_.empty())
    consider(due, retry_at_);
  if (phase_ == phase::up && !current_ && queue_.empty())
    consider(due, heard_ + setup_->limits.idle);
  timer_.set(this, due);
}

/// What was asked may be answered later: no connection can be used again after
/// an answer which nobody waits for.
void data_client::expire(time_point now) {
  auto late = fail(ec::timeout, setup_->name, "no answer in time");
  if (!trouble_.empty())
    late.detail += "; last trouble: " + trouble_;
  std::erase_if(queue_, [&](errand& x) {
    if (now < x.due)
      return false;
    x.promise.deliver(to_error(late));
    return true;
  });
  if (!current_ || now < current_->due)
    return;
  current_->promise.deliver(to_error(late));
  current_.reset();
  hang_up();
}

void data_client::fail_all(const failure& why) {
  if (current_)
    current_->promise.deliver(to_error(why));
  current_.reset();
  for (auto& x : std::exchange(queue_, {}))
    x.promise.deliver(to_error(why));
}

session_view data_client::view() const {
  using namespace std::chrono;
  auto now = clock().now();
  session_view x;
  x.id = setup_->id;
  x.side = "client";
  x.peer = setup_->name;
  x.address = address_;
  if (security_) {
    x.identity = security_->peer().fingerprint;
    x.transport = "HTTPS, " + std::string{security_->protocol()};
    x.resumed = security_->resumed();
  }
  x.state = phase_ == phase::up     ? "up"
            : phase_ == phase::down ? "closed"
                                    : "handshaking";
  x.age_s =
      static_cast<std::uint64_t>(duration_cast<seconds>(now - born_).count());
  x.idle_ms = static_cast<std::uint64_t>(
      duration_cast<milliseconds>(now - heard_).count());
  x.requests_out = requests_;
  return x;
}

} // namespace tocsin::actors
