// The data channel: clients with filters, written and read over HTTPS.
#include "tools/load/connect.hpp"
#include "tools/load/https_calls.hpp"
#include "tools/load/process_watch.hpp"
#include "tools/load/requests.hpp"

#include <memory>

namespace tocsin::tools::load {

namespace {

using clock_type = std::chrono::steady_clock;
using transports::web_request;
using transports::web_response;

std::string path_of(std::size_t client) {
  return "/restconf/data/ietf-dots-data-channel:dots-data/dots-client=load-"
         + std::to_string(client);
}

web_request put(std::string path, std::string body) {
  return {"PUT",
          std::move(path),
          {{"content-type", "application/yang-data+json"}},
          std::move(body)};
}

web_request registration(std::size_t client) {
  return put(path_of(client), R"({"ietf-dots-data-channel:dots-client":[)"
                              R"({"cuid":"load-)"
                                  + std::to_string(client) + R"("}]})");
}

/// One entry: another source and port each, as a list of bots would have it.
std::string entry(std::size_t client, std::size_t i) {
  return R"({"name":"e)" + std::to_string(i)
         + R"(","matches":{"ipv4":{"destination-ipv4-network":"10.0.)"
         + std::to_string(client % 256) + ".0/24\"," // of the client
         + R"("source-ipv4-network":"198.51.)" + std::to_string(i % 256)
         + ".0/24\"},\"udp\":{\"source-port-range-or-operator\":{\"port\":"
         + std::to_string(1024 + i) + R"(}}},"actions":{"forwarding":"drop"}})";
}

web_request filters(std::size_t client, std::size_t entries) {
  std::string body = R"({"ietf-dots-data-channel:acl":[{"name":"load",)"
                     R"("type":"ipv4-acl-type","activation-type":"immediate",)"
                     R"("aces":{"ace":[)";
  for (std::size_t i = 0; i < entries; ++i) {
    if (i > 0)
      body += ',';
    body += entry(client, i);
  }
  return put(path_of(client) + "/acls/acl=load", body + "]}}]}");
}

class data_load {
public:
  data_load(request_kind kind, const arguments& with)
      : kind_{kind}, with_{with}, meter_{with.watch} {}

  result<load_report> run();

private:
  result<void> set_up();
  result<void> call(const https_calls::source& next, time_point end) {
    return calls_->run(
        next,
        [this](const web_response& x, duration took) {
          meter_.done(name_of(kind_), took, std::to_string(x.status));
          refused_ += x.status >= 300 ? 1 : 0;
        },
        end);
  }
  web_request next_request() {
    const auto client = turn_++ % with_.sessions;
    if (kind_ == request_kind::put)
      return filters(client, with_.entries);
    return {"GET", path_of(client) + "/acls/acl=load?content=config", {}, ""};
  }

  request_kind kind_;
  const arguments& with_;
  meter meter_;
  std::unique_ptr<https_calls> calls_;
  std::size_t turn_ = 0;
  std::size_t refused_ = 0;
};

/// Registers all clients, each with its filters, unless they are there.
result<void> data_load::set_up() {
  std::size_t next = 0;
  const auto count = 2 * with_.sessions;
  auto source = [&]() -> std::optional<web_request> {
    if (next == count)
      return std::nullopt;
    const auto i = next++;
    return i < with_.sessions ? registration(i)
                              : filters(i - with_.sessions, with_.entries);
  };
  if (auto ok = call(source, time_point::max()); !ok)
    return ok;
  if (refused_ > 0)
    return fail(ec::unavailable, "data channel",
                std::to_string(refused_) + " of " + std::to_string(count)
                    + " requests that set the clients up were refused");
  return {};
}

result<load_report> data_load::run() {
  auto target = target_of(with_);
  if (!target)
    return target.error();
  auto opened = https_calls::open(*target, with_.outstanding);
  if (!opened)
    return opened.error();
  calls_ = std::make_unique<https_calls>(*std::move(opened));
  load_report out;
  auto memory = [this] {
    return with_.watch ? resident_memory(*with_.watch).value_or(0) : 0;
  };
  const auto before = memory();
  const auto began = clock_type::now();
  if (auto ok = set_up(); !ok)
    return ok.error();
  out.connect_seconds =
      std::chrono::duration<double>(clock_type::now() - began).count();
  out.memory_per_session =
      (static_cast<double>(memory()) - static_cast<double>(before))
      / static_cast<double>(with_.sessions);
  for (std::size_t i = 0; i < with_.windows; ++i) {
    meter_.begin(clock_type::now());
    if (auto ok = call([this] { return std::optional{next_request()}; },
                       clock_type::now() + with_.window);
        !ok)
      return ok.error();
    meter_.end(clock_type::now());
  }
  out.measured = meter_.result();
  return out;
}

} // namespace

result<load_report> run_data(request_kind kind, const arguments& with) {
  return data_load{kind, with}.run();
}

} // namespace tocsin::tools::load
