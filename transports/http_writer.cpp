#include "transports/http_writer.hpp"

#include <utility> // before asio: Boost 1.74 forgets it

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/serializer.hpp>

#include <algorithm>

namespace tocsin::transports {

namespace {

namespace http = boost::beast::http;
using text_view = boost::beast::string_view;

bool good_fields(const http_fields& fields) noexcept {
  return std::ranges::all_of(fields, [](const http_field& x) {
    return is_http_token(x.name) && is_http_value(x.value);
  });
}

// As people write it, for those that they know.
text_view usual_name(const std::string& name) {
  auto known = http::string_to_field(name);
  return known == http::field::unknown ? text_view{name}
                                       : http::to_string(known);
}

// What only the connection can know; not for its users to say.
bool is_of_connection(std::string_view name) noexcept {
  return name == "connection" || name == "content-length" || name == "date"
         || name == "server" || name == "transfer-encoding"
         || name == "keep-alive" || name == "host" || name == "user-agent";
}

template <class Message>
void copy_fields(const http_fields& from, Message& to) {
  for (const auto& x : from)
    if (!is_of_connection(x.name))
      to.insert(usual_name(x.name), x.value);
}

template <bool IsRequest>
std::string serialise(const http::message<IsRequest, http::empty_body>& x) {
  http::serializer<IsRequest, http::empty_body> writer{x};
  std::string out;
  boost::beast::error_code error;
  while (!writer.is_done() && !error)
    writer.next(error, [&](boost::beast::error_code&, const auto& buffers) {
      std::size_t size = 0;
      for (auto i = boost::asio::buffer_sequence_begin(buffers);
           i != boost::asio::buffer_sequence_end(buffers); ++i) {
        boost::asio::const_buffer piece = *i;
        out.append(static_cast<const char*>(piece.data()), piece.size());
        size += piece.size();
      }
      writer.consume(size);
    });
  return out;
}

} // namespace

void http_output::add(std::string text) {
  if (!text.empty())
    parts_.push_back(std::move(text));
}

bool http_output::take(bytes& out, std::size_t most) {
  out.clear();
  while (!parts_.empty() && out.size() < most) {
    auto rest = std::string_view{parts_.front()}.substr(taken_);
    auto piece = rest.substr(0, most - out.size());
    out.insert(out.end(), piece.begin(), piece.end());
    taken_ += piece.size();
    if (piece.size() == rest.size()) {
      parts_.pop_front();
      taken_ = 0;
    }
  }
  return !out.empty();
}

bool can_be_written(const web_response& x) noexcept {
  return x.status >= 200 && x.status <= 599 && good_fields(x.fields);
}

bool can_be_written(const web_request& x) noexcept {
  return is_http_token(x.method) && !x.target.empty()
         && std::ranges::all_of(x.target,
                                [](char c) { return c > 0x20 && c < 0x7F; })
         && good_fields(x.fields);
}

void write_response(http_output& to, web_response x,
                    const http_framing& framing) {
  http::response<http::empty_body> head;
  head.version(11);
  head.result(x.status);
  // No version: it would tell which defects to try.
  head.set(http::field::server, "tocsin");
  head.set(http::field::date, http_date(framing.date));
  copy_fields(x.fields, head);
  // RFC 9110, Section 8.6: none in 204; in 304 and to HEAD it is that of the
  // body which is not sent.
  bool bare = x.status == 204 || x.status == 304;
  if (!bare)
    head.set(http::field::content_length, std::to_string(x.body.size()));
  if (!framing.keep_alive)
    head.set(http::field::connection, "close");
  else if (framing.version < 11)
    head.set(http::field::connection, "keep-alive");
  to.add(serialise(head));
  if (!bare && !framing.head)
    to.add(std::move(x.body));
}

void write_request(http_output& to, const web_request& x,
                   const std::string& host) {
  http::request<http::empty_body> head;
  head.version(11);
  head.method_string(x.method);
  head.target(x.target);
  head.set(http::field::host, host);
  head.set(http::field::user_agent, "tocsin");
  copy_fields(x.fields, head);
  // RFC 9110, Section 8.6: also if it is 0, where a body could be expected.
  if (!x.body.empty() || x.method == "PUT" || x.method == "POST"
      || x.method == "PATCH")
    head.set(http::field::content_length, std::to_string(x.body.size()));
  to.add(serialise(head));
  to.add(x.body);
}

} // namespace tocsin::transports
