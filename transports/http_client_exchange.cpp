// The client's side of an HTTP connection.
#include "transports/http_exchange.hpp"
#include "transports/http_reader.hpp"
#include "transports/http_writer.hpp"

#include <utility>

namespace tocsin::transports {

struct http_client_exchange::impl {
  using reader = http_reader<false>;

  std::string host;
  http_client_limits limits;
  std::optional<reader> reading; // while an answer is due
  bool head = false;             // to HEAD
  unsigned interim = 0;
  bytes input; // not read yet
  http_output output;
  std::optional<result<web_response>> answer; // not taken yet
  bool closed = false;                        // no request any more
  bool ended = false;                         // nor anything of the server

  void work();
  void on_message();
  void fail_with(failure why);
};

void http_client_exchange::impl::work() {
  while (reading && !input.empty()) {
    auto taken = reading->read(input);
    input.erase(input.begin(),
                input.begin() + static_cast<std::ptrdiff_t>(taken));
    if (const auto& problem = reading->problem()) {
      bool large = problem->status == 413 || problem->status == 431;
      return fail_with(fail(large ? ec::too_large : ec::malformed,
                            "the server's answer",
                            std::string{problem->detail}));
    }
    if (reading->done())
      on_message();
    else if (taken == 0)
      return;
  }
  // What nobody asked for could be taken for the next answer.
  if (!reading && !input.empty())
    closed = true;
}

void http_client_exchange::impl::on_message() {
  auto& x = *reading;
  if (x.status == 101 || (x.status < 200 && ++interim > limits.interim))
    return fail_with(fail(ec::malformed, "the server's answer",
                          "it is none, but goes on and on"));
  if (x.status < 200) {
    reading.emplace(limits.message, head);
    return;
  }
  closed = closed || !x.keeps_alive();
  answer = web_response{x.status, std::move(x.fields), std::move(x.body)};
  reading.reset();
}

void http_client_exchange::impl::fail_with(failure why) {
  closed = true;
  input = {};
  if (std::exchange(reading, std::nullopt))
    answer = std::move(why);
}

http_client_exchange::http_client_exchange(std::string host,
                                           const http_client_limits& limits)
    : impl_{std::make_unique<impl>()} {
  impl_->host = std::move(host);
  impl_->limits = limits;
}

http_client_exchange::~http_client_exchange() = default;

result<void> http_client_exchange::request(const web_request& what) {
  auto& x = *impl_;
  if (x.closed)
    return fail(ec::closed, "HTTP", "the connection takes no more requests");
  if (x.reading || x.answer)
    return fail(ec::conflict, "HTTP", "a request is under way");
  if (!can_be_written(what))
    return fail(ec::malformed, "request", "it cannot be said in HTTP");
  write_request(x.output, what, x.host);
  x.head = what.method == "HEAD";
  x.interim = 0;
  x.reading.emplace(x.limits.message, x.head);
  return {};
}

void http_client_exchange::receive(byte_view octets) {
  auto& x = *impl_;
  if (x.ended)
    return;
  if (!x.reading) {
    x.closed = x.closed || !octets.empty();
    return;
  }
  x.input.insert(x.input.end(), octets.begin(), octets.end());
  x.work();
}

void http_client_exchange::end_of_stream(bool orderly) {
  auto& x = *impl_;
  if (std::exchange(x.ended, true))
    return;
  x.closed = true;
  if (!x.reading)
    return;
  if (orderly)
    x.reading->end_of_stream();
  if (x.reading->done())
    x.on_message();
  else
    x.fail_with(fail(ec::closed, "the server",
                     x.reading->begun() ? "it hung up amid its answer"
                                        : "it hung up without an answer"));
}

bool http_client_exchange::next_output(bytes& out) {
  return impl_->output.take(out, max_piece);
}

std::optional<result<web_response>> http_client_exchange::next_response() {
  return std::exchange(impl_->answer, std::nullopt);
}

bool http_client_exchange::usable() const noexcept {
  return !impl_->closed;
}

bool http_client_exchange::answer_begun() const noexcept {
  const auto& x = *impl_;
  return x.answer || x.interim > 0 || (x.reading && x.reading->begun());
}

} // namespace tocsin::transports
