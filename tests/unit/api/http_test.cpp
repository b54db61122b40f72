#include "tests/support/temporary_directory.hpp"
#include "transports/http_client.hpp"
#include "transports/http_server.hpp"

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <future>
#include <gmock/gmock.h>
#include <mutex>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

namespace tocsin::transports {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

/// Longer than any healthy answer takes, even on a busy machine.
constexpr auto patience = 20s;

/// A bare socket, for what a well-behaved client never sends.
class raw_client {
public:
  explicit raw_client(const std::string& path) {
    socket_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    timeval limit{20, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&address),
                  sizeof address)
        != 0)
      ADD_FAILURE() << "connect: " << std::strerror(errno);
  }
  raw_client(const raw_client&) = delete;
  raw_client& operator=(const raw_client&) = delete;
  ~raw_client() { close(); }

  void close() {
    if (socket_ >= 0)
      ::close(socket_);
    socket_ = -1;
  }

  void send(std::string_view text) {
    [[maybe_unused]] auto n =
        ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
  }

  /// No more will be sent.
  void finish() { ::shutdown(socket_, SHUT_WR); }

  /// All that comes until the server closes or `end` has come.
  std::string receive(std::string_view end = {}) {
    std::string text;
    std::array<char, 4096> buffer;
    while (end.empty() || !text.ends_with(end)) {
      auto n = ::recv(socket_, buffer.data(), buffer.size(), 0);
      if (n < 0 && errno == EAGAIN)
        ADD_FAILURE() << "the server keeps silent";
      if (n <= 0)
        break;
      text.append(buffer.data(), static_cast<std::size_t>(n));
    }
    return text;
  }

private:
  int socket_ = -1;
};

class http_test : public testing::Test {
protected:
  result<unix_http_server> serve(http_handler handler,
                                 http_limits limits = {}) {
    return unix_http_server::start(path, 0660, std::move(handler), limits);
  }

  result<http_response> get(const std::string& target = "/") {
    return call(path, "GET", target, {}, patience);
  }

  test::temporary_directory temporary;
  std::string directory = temporary.path();
  std::string path = directory + "/run/control.sock";
};

void echo(http_request request, http_reply reply) {
  reply({200,
         request.method + ' ' + request.target + ' ' + request.body + ' '
             + std::to_string(request.peer_uid),
         "text/plain"});
}

TEST_F(http_test, request_and_answer_arrive_complete) {
  auto server = serve(echo);
  ASSERT_TRUE(server) << to_string(server.error());
  auto answer = call(path, "POST", "/v1/x?y=%20", "{\"a\":1}", patience);
  ASSERT_TRUE(answer) << to_string(answer.error());
  EXPECT_EQ(answer->status, 200u);
  EXPECT_EQ(answer->content_type, "text/plain");
  EXPECT_EQ(answer->body,
            "POST /v1/x?y=%20 {\"a\":1} " + std::to_string(::geteuid()));
}

// ARCH-204
TEST_F(http_test, socket_and_directory_have_their_modes_and_the_socket_goes) {
  {
    auto server = serve(echo);
    ASSERT_TRUE(server);
    struct stat status {};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_TRUE(S_ISSOCK(status.st_mode));
    EXPECT_EQ(status.st_mode & 07777, 0660u);
    ASSERT_EQ(::stat((directory + "/run").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0750u);
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(http_test, second_node_on_the_same_path_is_told_so) {
  auto first = serve(echo);
  ASSERT_TRUE(first);
  auto second = serve(echo);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ec::conflict);
  EXPECT_EQ(second.error().where, path);
  EXPECT_THAT(second.error().detail, HasSubstr("another node is running"));
  EXPECT_TRUE(get()) << "the first node must not suffer";
  first->stop();
  EXPECT_TRUE(serve(echo)) << "the path is free again";
}

TEST_F(http_test, socket_file_of_a_dead_process_is_replaced) {
  std::filesystem::create_directory(directory + "/run");
  {
    int stale = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    ASSERT_EQ(
        ::bind(stale, reinterpret_cast<sockaddr*>(&address), sizeof address),
        0);
    ::close(stale);
  }
  ASSERT_TRUE(std::filesystem::exists(path));
  auto server = serve(echo);
  ASSERT_TRUE(server) << to_string(server.error());
  EXPECT_TRUE(get());
}

TEST_F(http_test, file_that_is_no_socket_is_left_alone) {
  std::filesystem::create_directory(directory + "/run");
  std::ofstream{path} << "precious";
  auto server = serve(echo);
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().code, ec::conflict);
  EXPECT_EQ(std::filesystem::file_size(path), 8u);
}

TEST_F(http_test, path_too_long_for_a_socket_is_refused) {
  path = directory + '/' + std::string(120, 'x');
  auto server = serve(echo);
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().code, ec::out_of_range);
  EXPECT_EQ(get().error().code, ec::out_of_range);
}

TEST_F(http_test, connection_is_kept_for_the_next_request) {
  auto server = serve(echo);
  ASSERT_TRUE(server);
  raw_client client{path};
  auto uid = std::to_string(::geteuid());
  client.send("GET /1 HTTP/1.1\r\nHost: x\r\n\r\n"
              "GET /2 HTTP/1.1\r\nHost: x\r\n\r\n");
  auto both = client.receive("GET /2  " + uid);
  EXPECT_THAT(both, HasSubstr("GET /1  " + uid));
  client.send("GET /3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(client.receive(), EndsWith("GET /3  " + uid));
}

TEST_F(http_test, body_beyond_the_limit_is_refused_unread) {
  auto server = serve(echo);
  ASSERT_TRUE(server);
  auto fits = call(path, "POST", "/", std::string(1024 * 1024, 'a'), patience);
  ASSERT_TRUE(fits) << to_string(fits.error());
  EXPECT_EQ(fits->status, 200u);
  auto large =
      call(path, "POST", "/", std::string(1024 * 1024 + 1, 'a'), patience);
  ASSERT_TRUE(large) << to_string(large.error());
  EXPECT_EQ(large->status, 413u);
  EXPECT_THAT(large->body, HasSubstr(R"("code":"too-large","where":"body")"));
}

TEST_F(http_test, header_beyond_the_limit_is_refused) {
  auto server = serve(echo);
  ASSERT_TRUE(server);
  auto answer = get("/" + std::string(17 * 1024, 'a'));
  ASSERT_TRUE(answer) << to_string(answer.error());
  EXPECT_EQ(answer->status, 431u);
}

TEST_F(http_test, garbage_is_answered_with_400_and_a_closed_connection) {
  auto server = serve(echo);
  ASSERT_TRUE(server);
  for (std::string_view garbage :
       {"\x16\x03\x01\x02\x03\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n"}) {
    raw_client client{path};
    client.send(garbage);
    EXPECT_THAT(client.receive(), StartsWith("HTTP/1.1 400 ")) << garbage;
  }
  EXPECT_TRUE(get());
}

TEST_F(http_test, slow_client_is_dropped_and_others_are_served) {
  http_limits limits;
  limits.idle = 100ms;
  auto server = serve(echo, limits);
  ASSERT_TRUE(server);
  raw_client slow{path}, silent{path};
  slow.send("GET / HTTP/1.1\r\nHo");
  EXPECT_TRUE(get());
  EXPECT_EQ(slow.receive(), "");
  EXPECT_EQ(silent.receive(), "");
}

TEST_F(http_test, connections_beyond_the_limit_are_turned_away) {
  http_limits limits;
  limits.connections = 2;
  auto server = serve(echo, limits);
  ASSERT_TRUE(server);
  raw_client first{path};
  raw_client second{path};
  raw_client third{path};
  EXPECT_THAT(third.receive(), StartsWith("HTTP/1.1 503 "));
  auto answer = get();
  ASSERT_TRUE(answer) << to_string(answer.error());
  EXPECT_EQ(answer->status, 503u);
  first.send("GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(first.receive(), StartsWith("HTTP/1.1 200 "));
}

/// Keeps the replies for the test to give.
struct held_replies {
  void operator()(http_request, http_reply reply) {
    std::lock_guard guard{mutex};
    replies.push_back(std::move(reply));
    changed.notify_all();
  }
  http_reply take() {
    std::unique_lock guard{mutex};
    changed.wait_for(guard, patience, [&] { return !replies.empty(); });
    auto reply = replies.at(0);
    replies.clear();
    return reply;
  }
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<http_reply> replies;
};

TEST_F(http_test, reply_may_come_later_from_another_thread_and_counts_once) {
  held_replies held;
  auto server = serve(std::ref(held));
  ASSERT_TRUE(server);
  auto answer = std::async(std::launch::async, [this] { return get(); });
  auto reply = held.take();
  reply({201, "first", "text/plain"});
  reply({500, "second", "text/plain"});
  auto result = answer.get();
  ASSERT_TRUE(result) << to_string(result.error());
  EXPECT_EQ(result->status, 201u);
  EXPECT_EQ(result->body, "first");
}

TEST_F(http_test, reply_after_the_caller_left_is_harmless) {
  http_limits limits;
  limits.connections = 1;
  held_replies held;
  auto server = serve(std::ref(held), limits);
  ASSERT_TRUE(server);
  raw_client impatient{path};
  impatient.send("GET / HTTP/1.1\r\n\r\n");
  auto late = held.take();
  impatient.close();
  // Its place is free as soon as the server has seen it leave.
  auto answer = std::async(std::launch::async, [this] {
    auto result = get();
    while (result && result->status == 503)
      result = get();
    return result;
  });
  auto next = held.take();
  late({200, "late", "text/plain"});
  next({200, "next", "text/plain"});
  auto result = answer.get();
  ASSERT_TRUE(result) << to_string(result.error());
  EXPECT_EQ(result->body, "next");
}

TEST_F(http_test, caller_that_finished_sending_still_gets_its_answer) {
  held_replies held;
  auto server = serve(std::ref(held));
  ASSERT_TRUE(server);
  raw_client client{path};
  client.send("GET / HTTP/1.1\r\n\r\n");
  client.finish();
  held.take()({200, "done", "text/plain"});
  EXPECT_THAT(client.receive(), EndsWith("done"));
}

TEST_F(http_test, reply_after_the_server_stopped_is_harmless) {
  held_replies held;
  http_reply late;
  {
    auto server = serve(std::ref(held));
    ASSERT_TRUE(server);
    auto answer = std::async(std::launch::async, [this] { return get(); });
    late = held.take();
    server->stop();
    auto result = answer.get();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ec::closed);
    server->stop();
  }
  late({200, "late", "text/plain"});
}

TEST_F(http_test, dropped_or_failed_handling_answers_500) {
  auto server = serve([](http_request request, http_reply) {
    if (request.target == "/throw")
      throw std::runtime_error{"oops"};
  });
  ASSERT_TRUE(server);
  for (auto target : {"/drop", "/throw"}) {
    auto answer = get(target);
    ASSERT_TRUE(answer) << to_string(answer.error());
    EXPECT_EQ(answer->status, 500u);
    EXPECT_THAT(answer->body, HasSubstr(R"("code":"internal")"));
  }
}

TEST_F(http_test, handler_that_never_answers_is_answered_for) {
  held_replies held;
  http_limits limits;
  limits.answer = 50ms;
  auto server = serve(std::ref(held), limits);
  ASSERT_TRUE(server);
  auto answer = get();
  ASSERT_TRUE(answer) << to_string(answer.error());
  EXPECT_EQ(answer->status, 504u);
  held.take()({200, "late", "text/plain"});
}

TEST_F(http_test, many_callers_at_once_are_all_answered) {
  auto server = serve(echo);
  ASSERT_TRUE(server);
  std::vector<std::thread> callers;
  std::atomic<int> answered = 0;
  for (int i = 0; i < 8; ++i)
    callers.emplace_back([&] {
      for (int k = 0; k < 25; ++k)
        if (auto answer = get(); answer && answer->status == 200)
          ++answered;
    });
  for (auto& caller : callers)
    caller.join();
  EXPECT_EQ(answered, 200);
}

TEST_F(http_test, without_a_node_the_client_says_what_to_do) {
  auto answer = get();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ec::unavailable);
  EXPECT_EQ(answer.error().detail,
            "no node answers at " + path
                + ": is `tocsin run` running? use --socket or -c FILE");
}

TEST_F(http_test, client_gives_up_in_time) {
  held_replies held;
  auto server = serve(std::ref(held));
  ASSERT_TRUE(server);
  auto answer = call(path, "GET", "/", {}, 20ms);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ec::timeout);
  EXPECT_THAT(answer.error().detail, HasSubstr("20 ms"));
}

TEST_F(http_test, socket_without_permission_is_named_as_such) {
  auto server = serve(echo);
  ASSERT_TRUE(server);
  result<http_response> answer = fail(ec::none, "");
  // The bare system call changes the user of this one thread only.
  std::thread{[&] {
    constexpr unsigned nobody = 65534;
    if (::geteuid() == 0)
      ::syscall(SYS_setresuid, nobody, nobody, nobody);
    else
      std::filesystem::permissions(path, std::filesystem::perms::none);
    answer = get();
  }}.join();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ec::unauthorized) << to_string(answer.error());
}

} // namespace
} // namespace tocsin::transports
