#include "transports/http_client.hpp"

#include <utility> // before asio: Boost 1.74 forgets it

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <cstddef>
#include <optional>
#include <sys/un.h>

namespace tocsin::transports {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using protocol = asio::local::stream_protocol;
using boost::system::error_code;

/// Room for every list that the API can produce.
constexpr std::size_t answer_limit = 64 * 1024 * 1024;

failure unreachable(const std::string& path, error_code error) {
  if (error == boost::system::errc::permission_denied)
    return fail(ec::unauthorized, path,
                "not permitted to open the control socket: become root or "
                "join the group that owns it");
  if (error == beast::error::timeout
      || error == boost::system::errc::resource_unavailable_try_again)
    return fail(ec::timeout, path,
                "the node at this socket is too busy to answer");
  return fail(ec::unavailable, path,
              "no node answers at " + path
                  + ": is `tocsin run` running? use --socket or -c FILE");
}

failure broken(const std::string& path, error_code error,
               std::chrono::milliseconds timeout) {
  if (error == beast::error::timeout)
    return fail(ec::timeout, path,
                "the node did not answer within "
                    + std::to_string(timeout.count()) + " ms");
  if (error == http::error::body_limit || error == http::error::header_limit)
    return fail(ec::malformed, path, "the node's answer is too large");
  if (error == http::error::end_of_stream
      || error == http::error::partial_message
      || error == asio::error::connection_reset
      || error == asio::error::broken_pipe)
    return fail(ec::closed, path,
                "the node hung up before it had answered: did it stop?");
  if (error.category() == http::make_error_code({}).category())
    return fail(ec::malformed, path,
                "what listens there does not speak HTTP: is it a node?");
  return fail(ec::io, path, error.message());
}

/// One exchange; the steps call each other.
class exchange {
public:
  exchange(const std::string& method, const std::string& target,
           const std::string& body) {
    request_.method_string(method);
    request_.target(target);
    request_.version(11);
    request_.set(http::field::host, "tocsin");
    request_.set(http::field::connection, "close");
    if (!body.empty())
      request_.set(http::field::content_type, "application/json");
    request_.body() = body;
    request_.prepare_payload();
    parser_.body_limit(answer_limit);
  }

  result<http_response> run(const std::string& path,
                            std::chrono::milliseconds timeout) {
    stream_.expires_after(timeout);
    stream_.async_connect(protocol::endpoint{path},
                          [this](error_code error) { on_connect(error); });
    context_.run();
    if (connect_error_)
      return unreachable(path, connect_error_);
    if (error_)
      return broken(path, error_, timeout);
    auto message = parser_.release();
    return http_response{message.result_int(), std::move(message.body()),
                         std::string{message[http::field::content_type]}};
  }

private:
  void on_connect(error_code error) {
    connect_error_ = error;
    if (error)
      return;
    http::async_write(stream_, request_,
                      [this](error_code failed, auto) { on_write(failed); });
  }

  void on_write(error_code error) {
    // A server that refuses a request may answer and hang up before it has
    // read it all: the answer is worth reading.
    if (error && error != asio::error::broken_pipe
        && error != asio::error::connection_reset) {
      error_ = error;
      return;
    }
    http::async_read(stream_, buffer_, parser_,
                     [this](error_code failed, auto) { error_ = failed; });
  }

  asio::io_context context_{1};
  beast::basic_stream<protocol> stream_{context_};
  beast::flat_buffer buffer_;
  http::request<http::string_body> request_;
  http::response_parser<http::string_body> parser_;
  error_code connect_error_, error_;
};

} // namespace

result<http_response> call(const std::string& path, const std::string& method,
                           const std::string& target, const std::string& body,
                           std::chrono::milliseconds timeout) try {
  if (path.empty() || path.size() >= sizeof sockaddr_un{}.sun_path)
    return fail(ec::out_of_range, path,
                "a socket path has 1 to 107 octets; use --socket or -c FILE");
  return exchange{method, target, body}.run(path, timeout);
} catch (const std::exception& e) {
  return fail(ec::io, path, e.what());
}

} // namespace tocsin::transports
