#include "roles/logging.hpp"

#include "protocol/json/writer.hpp"

#include <spdlog/async.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace tocsin::roles {

namespace {

constexpr std::size_t queue_lines = 8192;

spdlog::level::level_enum level_of(log_level x) {
  switch (x) {
  case log_level::trace:
    return spdlog::level::trace;
  case log_level::debug:
    return spdlog::level::debug;
  case log_level::info:
    return spdlog::level::info;
  case log_level::warning:
    return spdlog::level::warn;
  case log_level::error:
    return spdlog::level::err;
  }
  return spdlog::level::info;
}

/// The message as a JSON string: peers choose parts of it.
class json_message final : public spdlog::custom_flag_formatter {
public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& out) override {
    protocol::json::writer w;
    w.value(std::string_view{message.payload.data(), message.payload.size()});
    const auto& text = w.str();
    out.append(text.data(), text.data() + text.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<json_message>();
  }
};

/// The message on one line: what a peer put into it cannot forge another.
class plain_message final : public spdlog::custom_flag_formatter {
public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& out) override {
    for (char c : message.payload)
      out.push_back(static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?'
                                                                      : c);
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<plain_message>();
  }
};

std::unique_ptr<spdlog::pattern_formatter> formatter_of(log_format format) {
  auto x = std::make_unique<spdlog::pattern_formatter>();
  if (format == log_format::json)
    x->add_flag<json_message>('*').set_pattern(
        R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","level":"%l","message":%*})");
  else
    x->add_flag<plain_message>('*').set_pattern("%Y-%m-%d %H:%M:%S.%e %l: %*");
  return x;
}

} // namespace

void start_logging(const node_config& what, const std::string& level) {
  spdlog::init_thread_pool(queue_lines, 1);
  auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  sink->set_formatter(formatter_of(what.log_format));
  auto logger = std::make_shared<spdlog::async_logger>(
      "tocsin", sink, spdlog::thread_pool(),
      spdlog::async_overflow_policy::overrun_oldest);
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(logger);
  spdlog::set_level(level.empty() ? level_of(what.log_level)
                                  : spdlog::level::from_str(level));
}

} // namespace tocsin::roles
