// tocsin-bench-loss: many clients that left a mitigation for the loss of their
// signal are lost at once. All of a server below its sessions is real, in one
// process: SUPERVISOR, CLIENTs, REGISTRY, store, MITIGATOR; and a driver
// program. Prints one JSON object; times count from the loss.
#include "actors/supervisor.hpp"
#include "protocol/json/writer.hpp"
#include "protocol/signal/codec.hpp"
#include "roles/drivers.hpp"

#include <CLI/CLI.hpp>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <mutex>

namespace {

using namespace tocsin;
using namespace std::chrono_literals;
namespace sig = protocol::signal;
using clock_type = std::chrono::steady_clock;

/// Longer than anything a usable server needs, drivers included.
constexpr std::chrono::minutes patience{5};

struct arguments {
  std::uint32_t clients = 10'000;
  std::string driver;
  std::vector<std::string> driver_arguments;
  std::string store; ///< empty: in memory
};

/// Counts what passes between the MITIGATOR and its driver.
class tap {
public:
  struct order {
    clock_type::time_point done;
    std::size_t rules;
  };

  void on_write(std::string_view lines) {
    std::lock_guard lock{guard_};
    auto starts = [&](std::string_view type) {
      return lines.starts_with("{\"type\":\"" + std::string{type} + '"');
    };
    if (!starts("install") && !starts("sync") && !starts("withdraw"))
      return;
    std::size_t rules = 0;
    constexpr std::string_view id = "\"id\":";
    if (starts("install"))
      for (auto i = lines.find(id); i != lines.npos; i = lines.find(id, i + 1))
        ++rules;
    under_way_.push_back(rules);
  }

  void on_line(std::string_view line) {
    if (!line.starts_with("{\"type\":\"done\""))
      return;
    std::lock_guard lock{guard_};
    if (under_way_.empty())
      return;
    auto rules = under_way_.front();
    under_way_.pop_front();
    if (rules == 0)
      return;
    orders_.push_back({clock_type::now(), rules});
    installed_ += rules;
    failed_ |= line.find("\"failures\":[]") == line.npos;
    changed_.notify_all();
  }

  bool await(std::size_t rules) {
    std::unique_lock lock{guard_};
    return changed_.wait_for(lock, patience,
                             [&] { return installed_ >= rules; });
  }

  std::vector<order> orders() {
    std::lock_guard lock{guard_};
    return orders_;
  }

  bool failed() {
    std::lock_guard lock{guard_};
    return failed_;
  }

private:
  std::mutex guard_;
  std::condition_variable changed_;
  std::deque<std::size_t> under_way_; ///< rules of each order
  std::vector<order> orders_;
  std::size_t installed_ = 0;
  bool failed_ = false;
};

class tapped_link final : public actors::driver_link {
public:
  tapped_link(std::unique_ptr<driver_link> inner, tap& seen)
      : inner_{std::move(inner)}, seen_{seen} {}
  result<void> write(std::string lines) override {
    seen_.on_write(lines);
    return inner_->write(std::move(lines));
  }

private:
  std::unique_ptr<driver_link> inner_;
  tap& seen_;
};

actors::driver_starter tapped(actors::driver_starter inner, tap& seen) {
  return [inner, &seen](std::function<void(std::string)> on_line,
                        std::function<void(int)> on_exit)
             -> result<std::unique_ptr<actors::driver_link>> {
    auto link = inner(
        [on_line, &seen](std::string line) {
          seen.on_line(line);
          on_line(std::move(line));
        },
        std::move(on_exit));
    if (!link)
      return link.error();
    return std::unique_ptr<actors::driver_link>{
        std::make_unique<tapped_link>(std::move(*link), seen)};
  };
}

std::string cuid_of(std::uint32_t number) {
  return "cuid-" + std::to_string(number);
}

std::string identity_of(std::uint32_t number) {
  return std::to_string(number) + ".client.example";
}

/// One armed mitigation of one address for each client.
result<void> fill(storage::store& store, std::uint32_t clients,
                  unix_seconds now) {
  constexpr std::int64_t lifetime = 86400;
  std::vector<storage::transaction> group;
  for (std::uint32_t i = 0; i < clients; ++i) {
    sig::mitigation wanted;
    auto address = "10." + std::to_string(i >> 16) + '.'
                   + std::to_string(i >> 8 & 255) + '.'
                   + std::to_string(i & 255) + "/32";
    wanted.what.prefixes = {*sig::prefix::parse(address)};
    wanted.what.protocols = {17};
    wanted.lifetime = lifetime;
    wanted.trigger_mitigation = false;
    storage::mitigation_record record{
        {"customer", cuid_of(i), 1},
        sig::encode(sig::mitigation_scope{{wanted}}),
        lifetime,
        now + lifetime,
        0,
        static_cast<std::uint8_t>(sig::status::signal_loss),
        0,
        i};
    storage::client_record client{"customer", cuid_of(i), identity_of(i),
                                  1,          true,       now};
    group.push_back(
        {storage::put_mitigation{record}, storage::put_client{client}});
  }
  return store.commit(group);
}

/// Stands for a SESSION; it has nothing to do.
actors::session_actor::behavior_type
idle_session(actors::session_actor::pointer) {
  using namespace actors;
  return {
      [](atom::packet, const bytes&) {},
      [](atom::gone, const std::string&) {},
      [](atom::tick) {},
      [](atom::gone) {},
      [](atom::request, const coap_call&) { return coap_reply{}; },
      [](atom::heard, bool) {},
      [](atom::lost, std::uint32_t) {},
      [](atom::silent, std::uint32_t) {},
      [](atom::notify, std::uint64_t, const dots_response&) {},
      [](atom::cancel, std::uint64_t) {},
      [](atom::refresh, std::uint64_t) {},
      [](atom::abandon, std::uint64_t) {},
      [](atom::mode, const std::string&, bool) {},
      [](atom::redirect, const redirect_order&) {},
      [](atom::status) { return session_view{}; },
      [](atom::finish, const std::string&) {},
  };
}

class bench {
public:
  explicit bench(arguments with) : with_{std::move(with)} {}

  result<std::string> run();

private:
  using views = std::vector<actors::mitigation_view>;

  template <class T, class... Ts>
  result<T> ask(const Ts&... xs) {
    result<T> out = fail(ec::timeout, "node", "no answer");
    self_->request(node_, patience, xs...)
        .receive([&](T& x) { out = std::move(x); },
                 [&](const caf::error& why) { out = actors::to_failure(why); });
    return out;
  }

  result<void> start();
  result<void> connect_all();
  void lose_all();
  std::size_t mitigated();
  std::string report(clock_type::time_point lost,
                     clock_type::time_point reported) const;

  arguments with_;
  actors::system_config config_;
  caf::actor_system system_{config_};
  roles::driver_host drivers_;
  mutable tap tap_;
  caf::scoped_actor self_{system_};
  actors::supervisor_actor node_;
  std::vector<actors::session_actor> sessions_;
};

result<void> bench::start() {
  auto setup = std::make_shared<actors::supervisor_setup>();
  setup->name = "bench";
  auto wall = std::chrono::system_clock::now().time_since_epoch();
  setup->clock = {
      clock_type::now(),
      std::chrono::duration_cast<std::chrono::seconds>(wall).count()};
  setup->store = storage::make_memory_store();
  if (!with_.store.empty()) {
    auto opened = storage::open_sqlite(with_.store);
    if (!opened)
      return opened.error();
    setup->store = std::move(*opened);
  }
  if (auto ok = fill(*setup->store, with_.clients, setup->clock.unix); !ok)
    return ok;
  sig::customer who;
  who.name = "customer";
  who.identities.dns_names = {"client.example"};
  who.prefixes = {*sig::prefix::parse("10.0.0.0/8")};
  who.limits.max_cuids = who.limits.max_mitigations = with_.clients;
  auto customers = sig::customer_table::make({who});
  if (!customers)
    return customers.error();
  setup->customers = *customers;
  roles::mitigator_config driver;
  driver.name = "edge";
  driver.driver = with_.driver;
  driver.arguments = with_.driver_arguments;
  setup->mitigators = {
      {"edge", with_.driver, "bench", tapped(drivers_.starter(driver), tap_)}};
  node_ = system_.spawn(actors::supervisor, setup);
  if (auto ready = ask<actors::ack>(atom::begin_v); !ready)
    return ready.error();
  for (auto end = clock_type::now() + patience; clock_type::now() < end;) {
    auto view = ask<actors::node_view>(atom::node_v);
    if (view && view->mitigators.at(0).state == "up")
      return {};
    std::this_thread::sleep_for(20ms);
  }
  return fail(ec::timeout, "driver", "it does not come into service");
}

result<void> bench::connect_all() {
  for (std::uint32_t i = 0; i < with_.clients; ++i) {
    sessions_.push_back(system_.spawn(idle_session));
    self_->send(node_, atom::opened_v,
                actors::session_opened{
                    i + 1u, {"customer", identity_of(i), "", "", i + 1u}},
                caf::actor_cast<caf::strong_actor_ptr>(sessions_.back()));
  }
  if (!ask<views>(atom::list_v)) // each CLIENT has heard of its session
    return fail(ec::timeout, "node", "not all clients answer");
  return {};
}

void bench::lose_all() {
  for (std::uint32_t i = 0; i < with_.clients; ++i)
    self_->send(node_, atom::gone_v, std::uint64_t{i + 1u},
                actors::session_end::lost, std::string{"lost"});
}

std::size_t bench::mitigated() {
  auto all = ask<views>(atom::list_v);
  if (!all)
    return 0;
  return static_cast<std::size_t>(std::ranges::count_if(
      *all, [](const auto& x) { return x.status == sig::status::mitigated; }));
}

std::string bench::report(clock_type::time_point lost,
                          clock_type::time_point reported) const {
  auto ms = [&](clock_type::time_point t) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(t - lost)
        .count();
  };
  auto orders = tap_.orders();
  std::size_t largest = 0;
  std::size_t so_far = 0;
  std::int64_t half = 0;
  for (const auto& x : orders) {
    largest = std::max(largest, x.rules);
    if (so_far < with_.clients / 2)
      half = ms(x.done);
    so_far += x.rules;
  }
  protocol::json::writer out;
  out.begin_object()
      .member("clients", with_.clients)
      .member("first_ms", ms(orders.front().done))
      .member("half_ms", half)
      .member("all_ms", ms(orders.back().done))
      .member("reported_ms", ms(reported))
      .member("orders", static_cast<std::uint64_t>(orders.size()))
      .member("largest_order", static_cast<std::uint64_t>(largest))
      .end_object();
  return std::move(out).str();
}

result<std::string> bench::run() {
  if (auto ok = start(); !ok)
    return ok.error();
  if (auto ok = connect_all(); !ok)
    return ok.error();
  auto lost = clock_type::now();
  lose_all();
  bool enforced = tap_.await(with_.clients);
  auto end = clock_type::now() + patience;
  while (enforced && !tap_.failed() && mitigated() < with_.clients
         && clock_type::now() < end)
    std::this_thread::sleep_for(10ms);
  auto reported = clock_type::now();
  auto all = mitigated();
  for (const auto& x : sessions_)
    self_->send_exit(x, caf::exit_reason::user_shutdown);
  if (auto ok = ask<actors::ack>(atom::finish_v); !ok)
    return ok.error();
  if (!enforced || tap_.failed() || all < with_.clients)
    return fail(ec::timeout, "loss",
                std::to_string(all) + " of " + std::to_string(with_.clients)
                    + " mitigations came into force");
  return report(lost, reported);
}

} // namespace

int main(int argc, char** argv) {
  arguments with;
  CLI::App app{"Clients that are lost at once, and when they are protected"};
  app.add_option("--clients", with.clients, "how many")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app.add_option("--driver", with.driver,
                 "nftables, or the path of a driver program")
      ->required();
  app.add_option("--driver-argument", with.driver_arguments,
                 "passed to the driver; may be repeated");
  app.add_option("--store", with.store, "database file; absent: in memory");
  CLI11_PARSE(app, argc, argv);
  // As a node with log_level = "warning": a line for each mitigation.
  spdlog::set_default_logger(spdlog::stderr_logger_mt("bench"));
  spdlog::set_level(spdlog::level::warn);
  auto outcome = bench{std::move(with)}.run();
  if (!outcome) {
    std::fprintf(stderr, "%s\n", to_string(outcome.error()).c_str());
    return 1;
  }
  std::puts(outcome->c_str());
  return 0;
}
