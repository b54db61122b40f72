// The server's side of an HTTP connection.
#include "transports/http_exchange.hpp"

#include "transports/http_reader.hpp"
#include "transports/http_writer.hpp"

#include <algorithm>
#include <deque>
#include <utility>

namespace tocsin::transports {

struct http_server_exchange::impl {
  using reader = http_reader<true>;

  // A request from its last octet until it is answered.
  struct slot {
    std::uint64_t id = 0;
    std::optional<web_request> message; // until it is handed out
    std::size_t size = 0;               // of its body
    bool head = false;
    bool keep = false; // the connection, afterwards
    unsigned version = 11;
    std::optional<web_response> response; // of a refusal
  };

  http_exchange_limits limits;
  http_refusal refuse_with;
  std::function<unix_seconds()> wall;
  std::optional<reader> reading;
  bytes input; // not read yet: from `taken` on
  std::size_t taken = 0;
  std::deque<slot> slots;
  http_output output;
  std::uint64_t next_id = 1;
  time_point quiet_since; // nothing under way since
  time_point begun_at;    // the request that is being read
  bool closing = false;   // nothing is read any more
  bool ended = false;     // at once, without a word
  bool continued = false; // 100 was said, or need not be

  void work(time_point now);
  void read_one(time_point now);
  bool full() const;
  bool skip_empty_lines();
  void on_head();
  void say_continue();
  void on_request();
  void refuse(const http_problem& why);
  void say_refusals(time_point now);
  void say(const slot& to, web_response response, time_point now);
  bool reads() const { return reading && reading->begun(); }
};

namespace {

/// The target of a request in origin form; nothing if it has none that makes
/// sense here (RFC 9112, Section 3.2).
std::optional<std::string> origin_form(const std::string& target,
                                       std::string_view method) {
  constexpr std::string_view scheme = "https://";
  if (target.starts_with('/') || (target == "*" && method == "OPTIONS"))
    return target;
  if (http_lower_case(target.substr(0, scheme.size())) != scheme)
    return {};
  auto path = target.find_first_of("/?#", scheme.size());
  if (path == target.npos)
    return "/";
  return target[path] == '/' ? target.substr(path) : '/' + target.substr(path);
}

std::optional<http_problem> check_request(const web_request& x,
                                          unsigned version) {
  auto hosts = x.fields.count("host");
  if (hosts > 1 || (version >= 11 && hosts == 0))
    return http_problem{400, "a request has one Host"};
  if (!origin_form(x.target, x.method))
    return http_problem{400, "the target is no path"};
  if (auto expectation = x.fields.list("expect");
      version >= 11 && !expectation.empty()
      && http_lower_case(expectation) != "100-continue")
    return http_problem{417, "only 100-continue can be expected"};
  return {};
}

} // namespace

void http_server_exchange::impl::work(time_point now) {
  while (!closing && !full() && taken < input.size()) {
    auto before = taken;
    auto requests = slots.size();
    read_one(now);
    if (taken == before && slots.size() == requests)
      break;
  }
  if (closing) {
    input = {};
    taken = 0;
  }
  input.erase(input.begin(),
              input.begin() + static_cast<std::ptrdiff_t>(taken));
  taken = 0;
  if (!closing && !full())
    say_continue();
  say_refusals(now);
}

/// Bodies that wait count as one, so that two of the largest are the most that
/// is held: this much, and the one that is being read.
bool http_server_exchange::impl::full() const {
  std::size_t size = 0;
  for (const auto& x : slots)
    size += x.size;
  return slots.size() >= limits.waiting || size >= limits.message.body;
}

void http_server_exchange::impl::read_one(time_point now) {
  if (!reading) {
    if (!skip_empty_lines())
      return;
    reading.emplace(limits.message);
    begun_at = now;
    continued = false;
  }
  bool had_head = reading->head_done();
  taken += reading->read(byte_view{input}.subspan(taken));
  if (!had_head && reading->head_done() && !reading->problem())
    on_head();
  if (reading && reading->problem())
    return refuse(*reading->problem());
  if (reading && reading->done())
    on_request();
}

/// Some clients send one after a body (RFC 9112, Section 2.2). False if
/// nothing is left, or no more than half of one.
bool http_server_exchange::impl::skip_empty_lines() {
  while (input.size() - taken >= 2 && input[taken] == '\r'
         && input[taken + 1] == '\n')
    taken += 2;
  auto left = input.size() - taken;
  return left > 1 || (left == 1 && input[taken] != '\r');
}

void http_server_exchange::impl::on_head() {
  const auto& x = *reading;
  if (auto problem =
          check_request({x.method, x.target, x.fields, {}}, x.version))
    refuse(*problem);
}

/// Only who waits for it, and then in its turn, is told to go on.
void http_server_exchange::impl::say_continue() {
  if (continued || !reading || !reading->head_done() || !slots.empty())
    return;
  continued = true;
  auto& x = *reading;
  if (x.version >= 11 && !x.body_begun() && !x.done()
      && http_list_has(x.fields.list("expect"), "100-continue"))
    output.add("HTTP/1.1 100 Continue\r\n\r\n");
}

void http_server_exchange::impl::on_request() {
  auto& x = *reading;
  slot next;
  next.id = next_id++;
  next.size = x.body.size();
  next.head = x.method == "HEAD";
  next.keep = x.keeps_alive();
  next.version = x.version;
  auto target = origin_form(x.target, x.method);
  next.message = web_request{std::move(x.method), *std::move(target),
                             std::move(x.fields), std::move(x.body)};
  closing = closing || !next.keep;
  slots.push_back(std::move(next));
  reading.reset();
}

/// In its turn, and then it is over: where the next request would begin is
/// not known.
void http_server_exchange::impl::refuse(const http_problem& why) {
  slot next;
  next.id = next_id++;
  if (reading) {
    next.head = reading->method == "HEAD";
    next.version = reading->version;
  }
  next.response = refuse_with(why.status, why.detail);
  next.response->status =
      std::max(next.response->status, 400u); // whatever it said
  slots.push_back(std::move(next));
  closing = true;
  reading.reset();
}

void http_server_exchange::impl::say_refusals(time_point now) {
  while (!slots.empty() && slots.front().response) {
    auto first = std::move(slots.front());
    slots.pop_front();
    auto response = *std::move(first.response);
    say(first, std::move(response), now);
  }
}

void http_server_exchange::impl::say(const slot& to, web_response response,
                                     time_point now) {
  if (!can_be_written(response))
    response = refuse_with(500, "the answer cannot be written in HTTP");
  // The last answer says so, the first of several need not.
  bool keep = to.keep && !(closing && slots.empty());
  http_framing framing;
  framing.head = to.head;
  framing.keep_alive = keep;
  framing.version = to.version;
  framing.date = wall();
  write_response(output, std::move(response), framing);
  quiet_since = now;
}

http_server_exchange::http_server_exchange(const http_exchange_limits& limits,
                                           http_refusal refuse,
                                           std::function<unix_seconds()> wall,
                                           time_point now)
    : impl_{std::make_unique<impl>()} {
  impl_->limits = limits;
  impl_->refuse_with = std::move(refuse);
  impl_->wall = std::move(wall);
  impl_->quiet_since = now;
}

http_server_exchange::~http_server_exchange() = default;

void http_server_exchange::receive(byte_view octets, time_point now) {
  auto& x = *impl_;
  if (x.closing)
    return;
  x.input.insert(x.input.end(), octets.begin(), octets.end());
  x.work(now);
  if (x.input.size() > max_unread && !x.closing) {
    x.refuse({503, "too many requests wait for an answer"});
    x.work(now);
  }
}

bool http_server_exchange::wants_input() const noexcept {
  return impl_->closing || !impl_->full();
}

std::optional<http_server_exchange::request>
http_server_exchange::next_request() {
  auto& x = *impl_;
  if (x.slots.empty() || !x.slots.front().message)
    return {};
  auto& first = x.slots.front();
  request out{first.id, *std::move(first.message)};
  first.message.reset();
  return out;
}

void http_server_exchange::answer(std::uint64_t id, web_response response,
                                  time_point now) {
  auto& x = *impl_;
  if (x.slots.empty() || x.slots.front().id != id || x.slots.front().message
      || x.slots.front().response)
    return;
  auto first = std::move(x.slots.front());
  x.slots.pop_front();
  x.say(first, std::move(response), now);
  x.work(now);
}

bool http_server_exchange::next_output(bytes& out) {
  return impl_->output.take(out, max_piece);
}

void http_server_exchange::stop() {
  auto& x = *impl_;
  x.closing = true;
  x.reading.reset();
  x.input = {};
}

bool http_server_exchange::finished() const noexcept {
  const auto& x = *impl_;
  return x.ended || (x.closing && x.slots.empty() && x.output.empty());
}

bool http_server_exchange::idle() const noexcept {
  return !impl_->reads() && impl_->slots.empty();
}

std::optional<time_point> http_server_exchange::next_deadline() const {
  const auto& x = *impl_;
  if (x.closing)
    return {};
  if (x.reads())
    return x.begun_at
           + (x.reading->head_done() ? x.limits.request : x.limits.header);
  if (x.slots.empty())
    return x.quiet_since + x.limits.idle;
  return {};
}

void http_server_exchange::on_time(time_point now) {
  auto& x = *impl_;
  auto due = next_deadline();
  if (!due || now < *due)
    return;
  if (!x.reads()) {
    x.closing = x.ended = true; // nobody waits for a word
    return;
  }
  x.refuse({408, "the request did not arrive in time"});
  x.work(now);
}

} // namespace tocsin::transports
