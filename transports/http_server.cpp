#include "transports/http_server.hpp"

#include "transports/http_socket.hpp"

#include <utility> // before asio: Boost 1.74 forgets it

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <optional>
#include <poll.h>
#include <set>
#include <sys/socket.h>
#include <thread>

namespace tocsin::transports {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using protocol = asio::local::stream_protocol;
using boost::system::error_code;

/// How long to leave the listener alone when the process is out of
/// descriptors: accepting again at once would spin.
constexpr std::chrono::milliseconds accept_pause{200};

std::string error_body(std::string_view code, std::string_view where,
                       std::string_view detail) {
  std::string text = R"({"error":{"code":")";
  text.append(code).append(R"(","where":")").append(where);
  text.append(R"(","detail":")").append(detail).append("\"}}");
  return text;
}

http_response error_response(unsigned status, std::string_view code,
                             std::string_view where, std::string_view detail) {
  return {status, error_body(code, where, detail), "application/json"};
}

/// True for octets that are not HTTP; false for the ways to hang up.
bool is_grammar(error_code error) {
  static const auto& category =
      http::make_error_code(http::error::bad_version).category();
  return error.category() == category && error != http::error::end_of_stream
         && error != http::error::partial_message;
}

/// Refuses a connection without keeping any state for it.
void turn_away(int descriptor) {
  auto body = error_body("unavailable", "connections",
                         "too many callers at once; try again");
  auto text = "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n"
              "Content-Type: application/json\r\nContent-Length: "
              + std::to_string(body.size()) + "\r\n\r\n" + body;
  // A caller that is gone or does not read is none of our concern.
  [[maybe_unused]] auto sent =
      ::send(descriptor, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

} // namespace

/// The server's state. Connections and replies refer to it weakly or run on
/// its thread only, so it may go while a reply is still out.
class unix_http_server::impl
    : public std::enable_shared_from_this<unix_http_server::impl> {
public:
  class connection;

  impl(std::string path, http_handler handler, http_limits limits)
      : path_{std::move(path)}, handler_{std::move(handler)}, limits_{limits} {}

  ~impl() { stop(); }

  result<void> open(unsigned mode);
  void run();
  void stop();

private:
  void accept();
  void admit(protocol::socket socket);

  std::string path_;
  http_handler handler_;
  http_limits limits_;
  owned_path owner_;
  std::set<connection*> connections_; // before context_, which destroys them
  asio::io_context context_{1};
  protocol::acceptor acceptor_{context_};
  asio::steady_timer pause_{context_};
  std::thread thread_;
};

/// One caller. All members are used on the server's thread, except that a
/// reply is posted to it from elsewhere.
class unix_http_server::impl::connection
    : public std::enable_shared_from_this<connection> {
public:
  connection(impl& server, protocol::socket socket)
      : server_{server}, stream_{std::move(socket)}, deadline_{server.context_},
        uid_{peer_uid(stream_.socket().native_handle())} {
    server_.connections_.insert(this);
  }

  ~connection() { server_.connections_.erase(this); }

  void read() {
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(server_.limits_.header));
    parser_->body_limit(server_.limits_.body);
    stream_.expires_after(server_.limits_.idle);
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](error_code error, auto) {
                       self->on_read(error);
                     });
  }

  void answer(std::uint64_t request, http_response response) {
    if (!waiting_ || request != request_)
      return; // too late: the deadline answered, or the caller is gone
    waiting_ = false;
    deadline_.cancel();
    write(std::move(response));
  }

  void close() {
    waiting_ = false;
    error_code ignored;
    deadline_.cancel(ignored);
    stream_.close();
  }

private:
  class pending;

  void on_read(error_code error) {
    keep_alive_ = false;
    if (error == http::error::body_limit)
      return write(error_response(413, "too-large", "body",
                                  "the body is larger than the node takes"));
    if (error == http::error::header_limit)
      return write(error_response(431, "too-large", "header",
                                  "the header is larger than the node takes"));
    if (is_grammar(error))
      return write(
          error_response(400, "malformed", "request", "this is not HTTP/1.1"));
    if (error) // hung up, or idle for too long
      return close();
    serve();
  }

  void serve();
  void watch_for_hang_up();
  void arm_deadline();

  void write(http_response response) {
    auto status = response.status >= 200 && response.status <= 599
                      ? response.status
                      : 500u;
    response_.emplace(static_cast<http::status>(status), 11);
    response_->set(http::field::content_type, response.content_type);
    response_->keep_alive(keep_alive_);
    response_->body() = std::move(response.body);
    response_->prepare_payload();
    stream_.expires_after(server_.limits_.idle);
    http::async_write(stream_, *response_,
                      [self = shared_from_this()](error_code error, auto) {
                        if (error || !self->keep_alive_)
                          self->close();
                        else
                          self->read();
                      });
  }

  impl& server_;
  beast::basic_stream<protocol> stream_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  std::optional<http::response<http::string_body>> response_;
  asio::steady_timer deadline_;
  std::uint32_t uid_;
  std::uint64_t request_ = 0;
  bool keep_alive_ = false;
  bool waiting_ = false;
  bool watching_ = false;
};

/// The one answer that a request is owed. Lives in the copies of its reply.
class unix_http_server::impl::connection::pending {
public:
  pending(std::shared_ptr<impl> server, std::weak_ptr<connection> caller,
          std::uint64_t request)
      : server_{std::move(server)}, caller_{std::move(caller)}, request_{
                                                                    request} {}

  pending(const pending&) = delete;
  pending& operator=(const pending&) = delete;

  ~pending() {
    deliver(error_response(500, "internal", "request",
                           "the node dropped this request"));
  }

  void deliver(http_response response) noexcept try {
    if (done_.test_and_set())
      return;
    asio::post(server_->context_, [caller = caller_, request = request_,
                                   response = std::move(response)]() mutable {
      if (auto alive = caller.lock())
        alive->answer(request, std::move(response));
    });
  } catch (...) {
    // Out of memory: the deadline answers.
  }

private:
  std::shared_ptr<impl> server_;
  std::weak_ptr<connection> caller_;
  std::uint64_t request_;
  std::atomic_flag done_;
};

void unix_http_server::impl::connection::serve() {
  auto message = parser_->release();
  keep_alive_ = message.keep_alive();
  http_request request;
  request.method = std::string{message.method_string()};
  request.target = std::string{message.target()};
  request.body = std::move(message.body());
  request.peer_uid = uid_;
  waiting_ = true;
  ++request_;
  stream_.expires_never();
  arm_deadline();
  watch_for_hang_up();
  auto owed = std::make_shared<pending>(server_.shared_from_this(),
                                        weak_from_this(), request_);
  try {
    server_.handler_(std::move(request), [owed](http_response response) {
      owed->deliver(std::move(response));
    });
  } catch (const std::exception&) {
    owed->deliver(error_response(500, "internal", "request",
                                 "the node failed to handle this request"));
  }
}

/// Besides, the timer keeps the connection alive while nothing else does.
void unix_http_server::impl::connection::arm_deadline() {
  deadline_.expires_after(server_.limits_.answer);
  deadline_.async_wait([self = shared_from_this(),
                        request = request_](error_code error) {
    if (!error)
      self->answer(request, error_response(504, "timeout", "request",
                                           "the node did not answer in time"));
  });
}

/// A caller that gives up while it waits must not keep its place. Its socket
/// turns readable; POLLHUP tells that from a next request and from a caller
/// that merely finished sending.
void unix_http_server::impl::connection::watch_for_hang_up() {
  if (std::exchange(watching_, true))
    return;
  stream_.socket().async_wait(
      protocol::socket::wait_read, [caller = shared_from_this()](error_code) {
        caller->watching_ = false;
        auto& socket = caller->stream_.socket();
        if (!caller->waiting_ || !socket.is_open())
          return;
        pollfd state{socket.native_handle(), 0, 0};
        if (::poll(&state, 1, 0) > 0 && (state.revents & POLLHUP))
          caller->close();
      });
}

result<void> unix_http_server::impl::open(unsigned mode) {
  auto owner = owned_path::claim(path_, mode);
  if (!owner)
    return owner.error();
  owner_ = std::move(*owner);
  error_code error;
  acceptor_.assign(protocol{}, owner_.listener().get(), error);
  if (error)
    return fail(ec::io, path_, error.message());
  owner_.listener().release();
  return {};
}

void unix_http_server::impl::run() {
  accept();
  thread_ = std::thread{[this] { context_.run(); }};
}

void unix_http_server::impl::accept() {
  acceptor_.async_accept([this](error_code error, protocol::socket socket) {
    if (error == asio::error::operation_aborted || !acceptor_.is_open())
      return;
    if (!error) {
      admit(std::move(socket));
      return accept();
    }
    pause_.expires_after(accept_pause);
    pause_.async_wait([this](error_code stopped) {
      if (!stopped)
        accept();
    });
  });
}

void unix_http_server::impl::admit(protocol::socket socket) {
  if (connections_.size() >= limits_.connections)
    return turn_away(socket.native_handle());
  std::make_shared<connection>(*this, std::move(socket))->read();
}

void unix_http_server::impl::stop() {
  if (thread_.joinable()) {
    context_.stop();
    thread_.join();
  }
  // The thread is gone: everything is ours now.
  error_code ignored;
  acceptor_.close(ignored);
  for (auto* caller : connections_)
    caller->close();
  owner_ = {};
}

result<unix_http_server> unix_http_server::start(const std::string& path,
                                                 unsigned mode,
                                                 http_handler handler,
                                                 http_limits limits) try {
  auto server = std::make_shared<impl>(path, std::move(handler), limits);
  if (auto opened = server->open(mode); !opened)
    return opened.error();
  server->run();
  return unix_http_server{std::move(server)};
} catch (const std::exception& e) {
  return fail(ec::io, path, e.what());
}

unix_http_server::unix_http_server(std::shared_ptr<impl> p) noexcept
    : impl_{std::move(p)} {}

unix_http_server::unix_http_server(unix_http_server&&) noexcept = default;

unix_http_server&
unix_http_server::operator=(unix_http_server&& other) noexcept {
  if (this != &other) {
    stop();
    impl_ = std::move(other.impl_);
  }
  return *this;
}

unix_http_server::~unix_http_server() {
  stop();
}

void unix_http_server::stop() {
  if (impl_)
    impl_->stop();
}

} // namespace tocsin::transports
