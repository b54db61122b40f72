#pragma once
#include "actors/api.hpp"
#include "roles/cli/environment.hpp"
#include "tests/support/temporary_directory.hpp"
#include "transports/http_server.hpp"

#include <cstdlib>
#include <deque>
#include <functional>
#include <gmock/gmock.h>
#include <map>
#include <mutex>
#include <sstream>

namespace tocsin::roles::cli {

using actors::to_json;

/// A node as the command line sees it: an API that gives prepared answers, and
/// a terminal whose time passes only when a command pauses.
class fake_node : public testing::Test {
protected:
  fake_node() {
    auto started = transports::unix_http_server::start(
        socket, 0660,
        [this](transports::http_request request, transports::http_reply reply) {
          reply(answer(request));
        });
    if (started)
      server_.emplace(std::move(*started));
    else
      ADD_FAILURE() << to_string(started.error());
    ::unsetenv("TOCSIN_CONFIG");
    ::unsetenv("TOCSIN_SOCKET");
    hooks.version = "1.2.3";
    hooks.control_socket_of =
        [this](const std::string& config) -> result<std::string> {
      if (config != "node.toml")
        return fail(ec::not_found, config, "there is no such file");
      return socket;
    };
  }

  /// Prepares the next answer to "METHOD TARGET"; the last one stays.
  void on(const std::string& request, unsigned status, std::string body) {
    std::lock_guard guard{mutex_};
    answers_[request].push_back({status, std::move(body), "application/json"});
  }

  /// Runs a command with `--socket`, unless it names a configuration.
  exit_code run(std::vector<std::string> words, bool with_socket = true) {
    if (with_socket) {
      words.push_back("--socket");
      words.push_back(socket);
    }
    out.str({});
    err.str({});
    environment env{out,
                    err,
                    out_is_terminal,
                    err_is_terminal,
                    colour,
                    [this] { return now; },
                    [] { return unix_seconds{1'700'000'300}; },
                    [this](std::chrono::milliseconds time) {
                      now += time;
                      return --pauses >= 0;
                    }};
    return run_command(words, hooks, env);
  }

  /// What was asked, as "METHOD TARGET BODY".
  std::vector<std::string> asked() {
    std::lock_guard guard{mutex_};
    return asked_;
  }

  static actors::mitigation_view view(std::string progress) {
    actors::mitigation_view x;
    x.peer = "provider";
    x.cuid = "cu";
    x.mid = 7;
    x.what.prefixes = {*protocol::signal::prefix::parse("203.0.113.7")};
    x.lifetime = 3600;
    x.progress = std::move(progress);
    x.answer_ms = 34;
    return x;
  }

  test::temporary_directory directory;
  std::string socket = directory.path() / "s";
  commands hooks;
  std::ostringstream out, err;
  bool out_is_terminal = false, err_is_terminal = false, colour = false;
  time_point now{};
  int pauses = 1'000'000;

private:
  transports::http_response answer(const transports::http_request& request) {
    std::lock_guard guard{mutex_};
    auto key = request.method + ' ' + request.target;
    asked_.push_back(request.body.empty() ? key : key + ' ' + request.body);
    auto i = answers_.find(key);
    if (i == answers_.end())
      return {404, to_json(fail(ec::not_found, "mid", "unprepared " + key)),
              "application/json"};
    auto response = i->second.front();
    if (i->second.size() > 1)
      i->second.pop_front();
    return response;
  }

  std::mutex mutex_;
  std::map<std::string, std::deque<transports::http_response>> answers_;
  std::vector<std::string> asked_;
  std::optional<transports::unix_http_server> server_;
};

} // namespace tocsin::roles::cli
