#include "protocol/coap/agent_server.hpp"

#include <algorithm>

namespace tocsin::protocol::coap {

namespace {

constexpr std::uint32_t observe_mask = 0xffffff;

/// Tells versions of a representation apart; no secret, so any good mixture
/// of all octets will do (FNV-1a).
bytes etag_of(byte_view body) {
  std::uint64_t x = 0xcbf29ce484222325;
  for (auto octet : body)
    x = (x ^ octet) * 0x100000001b3;
  bytes out(8);
  for (auto& octet : out) {
    octet = static_cast<std::uint8_t>(x);
    x >>= 8;
  }
  return out;
}

bool is_reserved(const std::optional<block>& x, const block_sizing& sizing) {
  return x && x->szx == block::bert && !sizing.bert();
}

} // namespace

void agent_server::on_request(incoming_request x, time_point now) {
  open_request open;
  open.token = x.token;
  if (!take_blocks(x, open, now))
    return;
  if (x.code == code::get) {
    const auto wish = x.options.find_uint(option::observe);
    open.may_observe = wish == 0u && !(open.wanted && open.wanted->num > 0);
    if (wish == 1u)
      end_observation(x.token);
  }
  open_.emplace(x.id, std::move(open));
  events_.emplace(std::move(x));
}

/// False: the request was answered here.
bool agent_server::take_blocks(incoming_request& x, open_request& open,
                               time_point now) {
  const auto part = find_block(x.options, option::block1);
  open.wanted = find_block(x.options, option::block2);
  if (!part && !open.wanted && x.code != code::get)
    return true; // the common case, a heartbeat among them, costs nothing
  if (is_reserved(part, sizing_) || is_reserved(open.wanted, sizing_)) {
    refuse(x.id, code::bad_request, "block size 7 is reserved", now);
    return false;
  }
  open.key = request_key(x.code, x.options, false);
  if (part && x.code != code::get && x.code != code::del) {
    response reply;
    if (uploads_.take(x, *part, reply, now, below_.current_parameters())
        == uploads::verdict::answer) {
      if (reply.code == code::continue_) // RFC 7959, Section 2.9.1
        set_block(reply.options, option::block1, *part);
      below_.respond(x.id, reply, now);
      return false;
    }
    open.arrived = part;
  }
  return !serve_block(x, open, now);
}

/// A further block of an answer that was kept (RFC 7959, Section 2.4).
bool agent_server::serve_block(const incoming_request& x,
                               const open_request& open, time_point now) {
  if (!open.wanted || open.wanted->num == 0)
    return false;
  const auto* kept = downloads_.find(open.key, x.options, now);
  if (kept == nullptr) {
    if (x.code == code::get)
      return false; // forgotten: the application makes it anew
    // What was asked for must not be done a second time, without its body.
    refuse(x.id, code::request_incomplete, "the answer is forgotten", now);
    return true;
  }
  below_.respond(x.id, slice(*kept, *open.wanted, x.token.size()), now);
  return true;
}

void agent_server::refuse(request_id id, code x, std::string_view why,
                          time_point now) {
  below_.respond(id, diagnostic(x, why), now);
}

void agent_server::respond(request_id id, response answer, time_point now,
                           bool observe) {
  const auto node = open_.extract(id);
  if (node.empty())
    return;
  const auto& open = node.mapped();
  remove_option(answer.options, option::observe);
  if (open.may_observe) {
    end_observation(open.token); // the same token registers anew
    if (observe && is_success(answer.code) && begin_observation(open, id))
      answer.options.add_uint(option::observe, next_sequence());
  }
  if (open.arrived)
    set_block(answer.options, option::block1,
              {open.arrived->num, false, open.arrived->szx});
  if (auto part =
          cut(std::move(answer), open.key, open.token.size(), open.wanted, now))
    below_.respond(id, *part, now);
  else
    refuse(id, code::internal, "the answer is too long to be sent", now);
}

void agent_server::drop(request_id id, time_point now) {
  open_.erase(id);
  below_.drop(id, now);
}

bool agent_server::begin_observation(const open_request& open, request_id id) {
  if (observers_.size() >= bounds_.observations)
    return false;
  std::optional<std::uint8_t> szx;
  if (open.wanted)
    szx = open.wanted->szx;
  observers_.push_back({id, open.token, open.key, szx, {}});
  return true;
}

void agent_server::end_observation(const coap::token& of) {
  const auto i = std::ranges::find(observers_, of, &observer::token);
  if (i == observers_.end())
    return;
  events_.emplace(observation_ended{i->id});
  observers_.erase(i);
}

void agent_server::on_rejected(const notification_rejected& x) {
  end_observation(x.token);
}

void agent_server::notify(request_id id, const response& what, time_point now) {
  const auto i = std::ranges::find(observers_, id, &observer::id);
  if (i == observers_.end())
    return;
  if (i->news && !is_success(i->news->code))
    return; // its last word was spoken
  i->news = what;
  send_news(now);
}

bool agent_server::observes(request_id id) const noexcept {
  return std::ranges::find(observers_, id, &observer::id) != observers_.end();
}

/// Over datagrams one notification a `non_interval` (RFC 9132, Section
/// 4.4.2.1), each observer in turn.
void agent_server::send_news(time_point now) {
  for (;;) {
    const auto i = std::ranges::find_if(
        observers_, [](const observer& x) { return x.news.has_value(); });
    if (i == observers_.end())
      return;
    const auto pause = below_.current_parameters().non_interval;
    if (!below_.reliable() && last_news_ && now < *last_news_ + pause)
      return;
    last_news_ = now;
    auto one = std::move(*i);
    observers_.erase(i);
    send(one, now);
  }
}

void agent_server::send(observer& to, time_point now) {
  auto out = std::move(*to.news);
  to.news.reset();
  remove_option(out.options, option::observe);
  if (is_success(out.code))
    out.options.add_uint(option::observe, next_sequence());
  std::optional<block> wanted;
  if (to.szx)
    wanted = block{0, false, *to.szx};
  const auto part =
      cut(std::move(out), to.key, to.token.size(), wanted, now)
          .value_or(
              diagnostic(code::internal, "the state is too long to be sent"));
  below_.notify(to.token, part, now);
  if (is_success(part.code))
    observers_.push_back(std::move(to)); // behind those that wait
  else
    events_.emplace(observation_ended{to.id});
}

/// Ascending for each observation, as it does for all together (RFC 7641,
/// Section 4.4).
std::uint32_t agent_server::next_sequence() {
  sequence_ = (sequence_ + 1) & observe_mask;
  return sequence_;
}

/// The answer as it leaves: whole if it fits, else its first block, or that
/// which was asked for. Nothing: it cannot be sent in blocks either.
std::optional<response> agent_server::cut(response whole, const bytes& key,
                                          std::size_t token_size,
                                          std::optional<block> wanted,
                                          time_point now) {
  const auto room = sizing_.room(token_size, whole.options);
  const bool fits = whole.payload.size() <= room;
  if (fits
      && (!wanted
          || (wanted->num == 0 && whole.payload.size() <= wanted->unit())))
    return whole;
  if (!is_success(whole.code) || !downloads_.fits(whole.payload.size()))
    return fits ? std::optional{std::move(whole)} : std::nullopt;
  kept_answer kept;
  kept.key = key;
  kept.code = whole.code;
  const auto sequence = whole.options.find_uint(option::observe);
  const auto echo = find_block(whole.options, option::block1);
  remove_option(whole.options, option::observe);
  remove_option(whole.options, option::block1);
  if (!whole.options.contains(option::etag))
    whole.options.add(option::etag, etag_of(whole.payload));
  kept.options = std::move(whole.options);
  kept.body = std::move(whole.payload);
  kept.expires = now + below_.current_parameters().exchange_lifetime();
  auto out = slice(downloads_.keep(std::move(kept)),
                   wanted.value_or(block{0, false, block::bert}), token_size);
  if (sequence)
    out.options.add_uint(option::observe, *sequence);
  if (echo)
    set_block(out.options, option::block1, *echo);
  return out;
}

response agent_server::slice(const kept_answer& from, const block& wanted,
                             std::size_t token_size) const {
  constexpr std::size_t more_options = 24; // Block2, Size2, Observe, Block1
  response out{from.code, from.options, {}};
  const auto room = sizing_.room(token_size, from.options);
  const auto szx =
      sizing_.choose(room > more_options ? room - more_options : 0, wanted.szx);
  const auto offset = wanted.offset();
  if (!szx || (offset > 0 && offset >= from.body.size()))
    return diagnostic(code::bad_request, "there is no such block");
  const auto left = from.body.size() - offset;
  const auto share = block_sizing::share(
      *szx, room > more_options ? room - more_options : 0, left);
  const auto first = from.body.begin() + static_cast<std::ptrdiff_t>(offset);
  out.payload.assign(first, first + static_cast<std::ptrdiff_t>(share));
  set_block(out.options, option::block2, block_at(offset, *szx, share < left));
  if (wanted.num == 0)
    set_uint(out.options, option::size2, from.body.size());
  return out;
}

std::optional<time_point> agent_server::next_deadline() const {
  auto due = uploads_.next_expiry();
  const auto consider = [&due](std::optional<time_point> x) {
    if (x && (!due || *x < *due))
      due = x;
  };
  consider(downloads_.next_expiry());
  if (std::ranges::any_of(observers_,
                          [](const observer& x) { return x.news.has_value(); }))
    consider(*last_news_ + below_.current_parameters().non_interval);
  return due;
}

void agent_server::on_time(time_point now) {
  uploads_.expire(now);
  downloads_.expire(now);
  send_news(now);
}

} // namespace tocsin::protocol::coap
