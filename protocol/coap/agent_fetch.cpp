// The part of the client half that puts responses together out of blocks (RFC
// 7959, Section 2.4).
#include "protocol/coap/agent_client.hpp"

namespace tocsin::protocol::coap {

namespace {

/// A resource that changes with every block cannot be fetched; then it is
/// better to say so.
constexpr std::uint8_t max_restarts = 3;

bytes etag_in(const option_list& options) {
  const auto x = options.find(option::etag).value_or(byte_view{});
  return {x.begin(), x.end()};
}

} // namespace

/// A first response, or a notification: whole, or its first block.
void agent_client::take(exchange_id id, exchange& x, response_received answer,
                        time_point now) {
  abandon_fetch(id, x, now);
  if (!is_sound(answer)) {
    give_up(id, x, failure_reason::bad_response, now);
    return;
  }
  const auto part = find_block(answer.options, option::block2);
  if (!part || !part->more || !is_success(answer.code)) {
    deliver(id, x, std::move(answer), now);
    return;
  }
  fetch f;
  f.etag = etag_in(answer.options);
  f.body = std::move(answer.payload);
  answer.payload = {};
  x.fetch_observed = goes_on(answer);
  f.head = std::move(answer);
  x.incoming = std::move(f);
  fetch_block(id, x, x.incoming->body.size(), part->szx, now);
}

/// A newer state has come: the older one must not be delivered after it.
void agent_client::abandon_fetch(exchange_id id, exchange& x, time_point now) {
  x.incoming.reset();
  if (x.current == id)
    return;
  const auto stale = std::exchange(x.current, id);
  routes_.erase(stale);
  below_.cancel(stale, now);
}

/// May that be the beginning of a body? Nobody asks for another block first,
/// and the size must be one that may be asked for (RFC 7959, Section 2.2).
bool agent_client::is_sound(const response_received& answer) const {
  const auto part = find_block(answer.options, option::block2);
  if (!part || !is_success(answer.code))
    return true;
  return part->num == 0 && (part->szx != block::bert || sizing_.bert())
         && (!part->more || part->full(answer.payload.size()));
}

/// Asks for the block at that octet: no Observe, another token, the ETag of
/// the first (RFC 9132, Section 4.4.2; RFC 7959, Section 2.6).
void agent_client::fetch_block(exchange_id id, exchange& x, std::size_t offset,
                               std::uint8_t szx, time_point now) {
  auto part = bare(x, now);
  remove_option(part.options, option::observe);
  remove_option(part.options, option::etag);
  remove_option(part.options, option::block1);
  if (x.answered) // the time of the registration is long over
    part.deadline.reset();
  if (!x.incoming->etag.empty() && offset > 0)
    part.options.add(option::etag, x.incoming->etag);
  set_block(part.options, option::block2, block_at(offset, szx, false));
  send_next(id, x, std::move(part), now);
}

void agent_client::take_block(exchange_id id, exchange& x,
                              response_received answer, time_point now) {
  auto& f = *x.incoming;
  const auto part = find_block(answer.options, option::block2);
  if (!is_success(answer.code)) {
    give_up(id, x, failure_reason::bad_response, now);
    return;
  }
  if (etag_in(answer.options) != f.etag) {
    restart_fetch(id, x, now);
    return;
  }
  const bool fits = part && part->offset() == f.body.size()
                    && (part->szx != block::bert || sizing_.bert())
                    && (!part->more || part->full(answer.payload.size()));
  if (!fits) {
    give_up(id, x, failure_reason::bad_response, now);
    return;
  }
  f.body.insert(f.body.end(), answer.payload.begin(), answer.payload.end());
  if (f.body.size() > bounds_.body) {
    give_up(id, x, failure_reason::too_large, now);
    return;
  }
  if (part->more) {
    fetch_block(id, x, f.body.size(), part->szx, now);
    return;
  }
  auto whole = std::move(f.head);
  whole.payload = std::move(f.body);
  remove_option(whole.options, option::block2);
  remove_option(whole.options, option::size2);
  x.incoming.reset();
  routes_.erase(x.current);
  x.current = id;
  deliver(id, x, std::move(whole), now);
}

/// The resource changed while it was fetched (RFC 7959, Section 2.4). What is
/// no GET must not be done a second time.
void agent_client::restart_fetch(exchange_id id, exchange& x, time_point now) {
  if (x.request.code != code::get || ++x.restarts > max_restarts) {
    give_up(id, x, failure_reason::bad_response, now);
    return;
  }
  // The next answer is the first block of another version.
  x.incoming.reset();
  auto part = bare(x, now);
  remove_option(part.options, option::observe);
  remove_option(part.options, option::etag);
  if (x.answered)
    part.deadline.reset();
  send_next(id, x, std::move(part), now);
}

} // namespace tocsin::protocol::coap
