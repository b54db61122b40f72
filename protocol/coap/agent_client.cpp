#include "protocol/coap/agent_client.hpp"

#include <algorithm>

namespace tocsin::protocol::coap {

namespace {

constexpr std::size_t token_size = 8;

/// Options that a first block adds to a request: Block1, Size1.
constexpr std::size_t block_options = 10;

/// A server that does not answer a deregistration has forgotten it, or will
/// learn from a RST.
constexpr std::chrono::seconds leaving_time{30};

/// Age beyond which any number is newer (RFC 7641, Section 3.4).
constexpr std::chrono::seconds always_newer{128};

/// RFC 7641, Section 3.4.
bool is_newer(std::uint32_t x, std::uint32_t than) {
  constexpr std::uint32_t half = 1u << 23;
  return (than < x && x - than < half) || (than > x && than - x > half);
}

} // namespace

bool agent_client::goes_on(const response_received& x) {
  return is_success(x.code) && x.options.contains(option::observe);
}

exchange_id agent_client::send(outgoing_request request, time_point now) {
  exchange x;
  x.wants_observation = request.code == code::get
                        && request.options.find_uint(option::observe) == 0u;
  request.keep_open = x.wants_observation;
  if (request.deadline)
    x.deadline = now + *request.deadline;
  const bool has_body = request.code != code::get && request.code != code::del;
  const auto room = sizing_.room(token_size, request.options);
  if (!has_body || request.payload.size() <= room) {
    x.request = request;
    x.request.payload.clear();
    const auto id = below_.send_request(std::move(request), now);
    x.current = id;
    exchanges_.emplace(id, std::move(x));
    return id;
  }
  x.resource = request_key(request.code, request.options, false);
  x.request = std::move(request);
  return begin_blocks(std::move(x), now);
}

exchange_id agent_client::begin_blocks(exchange x, time_point now) {
  auto& options = x.request.options;
  remove_option(options, option::request_tag);
  options.add_uint(option::request_tag, next_tag_++);
  const auto room = sizing_.room(token_size, options);
  const auto szx = sizing_.choose(
      room > block_options ? room - block_options : 0, std::nullopt);
  x.waiting = std::ranges::any_of(exchanges_, [&x](const auto& other) {
    return other.second.resource == x.resource;
  });
  const bool too_large = !szx || x.request.payload.size() > bounds_.body;
  if (too_large || (x.waiting && waiting_.size() >= bounds_.waiting)) {
    const auto id = random_();
    events_.emplace(request_failed{id, too_large ? failure_reason::too_large
                                                 : failure_reason::overload});
    return id;
  }
  x.szx = *szx;
  x.in_blocks = true;
  const auto id = x.waiting ? random_() : send_part(0, x, now);
  if (x.waiting)
    waiting_.push_back(id);
  exchanges_.emplace(id, std::move(x));
  return id;
}

/// The body before it is through, or has failed.
void agent_client::start_next(const bytes& resource, time_point now) {
  const auto turn = std::ranges::find_if(waiting_, [&](exchange_id id) {
    return exchanges_.at(id).resource == resource;
  });
  if (turn == waiting_.end())
    return;
  const auto id = *turn;
  waiting_.erase(turn);
  auto& x = exchanges_.at(id);
  x.waiting = false;
  send_part(id, x, now);
}

/// Sends the block at `sent`. The first one makes the id of the exchange.
exchange_id agent_client::send_part(exchange_id id, exchange& x,
                                    time_point now) {
  auto part = bare(x, now);
  const auto room = sizing_.room(token_size, part.options);
  const auto left = x.request.payload.size() - x.sent;
  const auto share = block_sizing::share(
      x.szx, room > block_options ? room - block_options : 0, left);
  const auto first =
      x.request.payload.begin() + static_cast<std::ptrdiff_t>(x.sent);
  part.payload.assign(first, first + static_cast<std::ptrdiff_t>(share));
  set_block(part.options, option::block1,
            block_at(x.sent, x.szx, share < left));
  if (x.sent == 0)
    set_uint(part.options, option::size1, x.request.payload.size());
  if (id != 0) {
    send_next(id, x, std::move(part), now);
    return id;
  }
  x.current = below_.send_request(std::move(part), now);
  return x.current;
}

void agent_client::send_next(exchange_id id, exchange& x, outgoing_request part,
                             time_point now) {
  routes_.erase(x.current);
  x.current = below_.send_request(std::move(part), now);
  routes_[x.current] = id;
}

/// The request without body, with what is left of its time.
outgoing_request agent_client::bare(const exchange& x, time_point now) const {
  outgoing_request out;
  out.type = x.request.type;
  out.code = x.request.code;
  out.options = x.request.options;
  out.repeat = x.request.repeat;
  out.urgent = x.request.urgent;
  if (x.deadline)
    out.deadline = std::max<duration>(*x.deadline - now, duration::zero());
  return out;
}

void agent_client::on_response(response_received x, time_point now) {
  const auto route = routes_.find(x.id);
  const auto id = route == routes_.end() ? x.id : route->second;
  const auto i = exchanges_.find(id);
  if (i == exchanges_.end())
    return;
  auto& open = i->second;
  const bool of_current = x.id == open.current;
  if (open.leaving) {
    if (x.id == id && !goes_on(x)) // the deregistration was answered
      forget(id, now);
    else if (x.id == id && !below_.reliable()) // ended its transmission
      deregister(id, open, now);
    return;
  }
  if (x.further) {
    if (is_news(open, x, now))
      take(id, open, std::move(x), now);
    return;
  }
  if (!of_current)
    return; // of a block that is fetched no more
  if (open.in_blocks && continue_sending(id, open, x, now))
    return;
  if (open.incoming) {
    take_block(id, open, std::move(x), now);
    return;
  }
  if (open.restarts > 0 && open.fetch_observed && is_success(x.code))
    set_uint(x.options, option::observe, open.newest);
  if (goes_on(x) && open.wants_observation) {
    open.newest = static_cast<std::uint32_t>(
        x.options.find_uint(option::observe).value_or(0));
    open.newest_at = now;
  }
  take(id, open, std::move(x), now);
}

/// True: the answer was about a block of the request, and the next one is on
/// its way, or the exchange has failed.
bool agent_client::continue_sending(exchange_id id, exchange& x,
                                    const response_received& answer,
                                    time_point now) {
  const auto part = find_block(answer.options, option::block1);
  const auto smaller = part && part->szx < x.szx;
  if (answer.code == code::too_large && x.sent == 0 && smaller) {
    x.szx = part->szx; // RFC 7959, Section 2.9.3
    send_part(id, x, now);
    return true;
  }
  if (!is_success(answer.code))
    return false;
  const auto room = sizing_.room(token_size, x.request.options);
  const auto left = x.request.payload.size() - x.sent;
  const auto share = block_sizing::share(
      x.szx, room > block_options ? room - block_options : 0, left);
  if (share >= left) {
    if (answer.code != code::continue_)
      return false;
    // More is wanted than there is.
    give_up(id, x, failure_reason::bad_response, now);
    return true;
  }
  // A server that acts on each block by itself gives the final code to each
  // (RFC 7959, Section 2.3).
  x.sent += share;
  if (smaller) // the numbers follow from the octets sent
    x.szx = part->szx;
  send_part(id, x, now);
  return true;
}

void agent_client::deliver(exchange_id id, exchange& x,
                           response_received answer, time_point now) {
  answer.id = id;
  answer.further = x.answered;
  const bool stays = x.wants_observation && goes_on(answer);
  x.answered = true;
  x.observing = stays;
  x.restarts = 0;
  x.in_blocks = false;
  x.request.payload = {};
  events_.emplace(std::move(answer));
  if (!stays)
    forget(id, now);
}

/// Over a stream the order is that of sending, and the number means nothing
/// (RFC 8323, Section 7.1).
bool agent_client::is_news(exchange& x, const response_received& answer,
                           time_point now) {
  const auto number = answer.options.find_uint(option::observe);
  if (!number || !is_success(answer.code) || below_.reliable())
    return true;
  const auto value = static_cast<std::uint32_t>(*number);
  if (!is_newer(value, x.newest) && now <= x.newest_at + always_newer)
    return false;
  x.newest = value;
  x.newest_at = now;
  return true;
}

void agent_client::on_failure(const request_failed& x, time_point now) {
  const auto route = routes_.find(x.id);
  const auto id = route == routes_.end() ? x.id : route->second;
  const auto i = exchanges_.find(id);
  if (i == exchanges_.end())
    return;
  if (i->second.leaving) {
    forget(id, now);
    return;
  }
  if (x.id == id)
    end(id, x.reason, now); // the token of an observation, too, is given up
  else if (x.id == i->second.current)
    give_up(id, i->second, x.reason, now);
}

/// A notification that cannot be fetched is made good by the next one; any
/// other exchange has failed.
void agent_client::give_up(exchange_id id, exchange& x, failure_reason why,
                           time_point now) {
  if (x.observing) {
    abandon_fetch(id, x, now);
    x.restarts = 0;
    return;
  }
  end(id, why, now);
}

void agent_client::end(exchange_id id, failure_reason why, time_point now) {
  events_.emplace(request_failed{id, why});
  forget(id, now);
}

void agent_client::forget(exchange_id id, time_point now) {
  const auto node = exchanges_.extract(id);
  if (node.empty())
    return;
  const auto& x = node.mapped();
  routes_.erase(x.current);
  if (x.current != id)
    below_.cancel(x.current, now);
  if (x.wants_observation)
    below_.cancel(id, now); // gives up the token
  if (x.waiting)
    std::erase(waiting_, id);
  else if (!x.resource.empty())
    start_next(x.resource, now);
}

void agent_client::cancel(exchange_id id, time_point now) {
  const auto i = exchanges_.find(id);
  if (i == exchanges_.end())
    return;
  auto& x = i->second;
  if (x.leaving)
    return;
  if (!x.observing) {
    events_.emplace(request_failed{id, failure_reason::cancelled});
    const auto current = x.current;
    forget(id, now);
    below_.cancel(current, now);
    return;
  }
  abandon_fetch(id, x, now);
  x.leaving = now + leaving_time;
  deregister(id, x, now);
}

void agent_client::deregister(exchange_id id, const exchange& x,
                              time_point now) {
  auto last = bare(x, now);
  remove_option(last.options, option::observe);
  remove_option(last.options, option::etag);
  last.options.add_uint(option::observe, 1);
  last.same_token = id;
  last.keep_open = true;
  last.deadline = std::max<duration>(*x.leaving - now, duration::zero());
  below_.send_request(std::move(last), now);
}

void agent_client::reregister(exchange_id id, time_point now) {
  const auto i = exchanges_.find(id);
  if (i == exchanges_.end() || !i->second.observing || i->second.leaving)
    return;
  auto again = bare(i->second, now);
  again.same_token = id;
  again.keep_open = true;
  again.deadline.reset();
  below_.send_request(std::move(again), now);
}

std::optional<time_point> agent_client::next_deadline() const {
  std::optional<time_point> due;
  const auto consider = [&due](std::optional<time_point> x) {
    if (x && (!due || *x < *due))
      due = x;
  };
  for (const auto& [_, x] : exchanges_)
    consider(x.leaving);
  for (auto id : waiting_)
    consider(exchanges_.at(id).deadline);
  return due;
}

void agent_client::on_time(time_point now) {
  std::vector<exchange_id> over;
  for (const auto& [id, x] : exchanges_)
    if (x.leaving && *x.leaving <= now)
      over.push_back(id);
  for (auto id : over)
    forget(id, now);
  over.clear();
  for (auto id : waiting_)
    if (const auto& x = exchanges_.at(id); x.deadline && *x.deadline <= now)
      over.push_back(id);
  for (auto id : over)
    end(id, failure_reason::timeout, now);
}

} // namespace tocsin::protocol::coap
