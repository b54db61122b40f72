#include "roles/drivers.hpp"

#include <spdlog/spdlog.h>

#include <filesystem>
#include <set>

namespace tocsin::roles {

namespace {

namespace fs = std::filesystem;

/// Time for a driver to finish what it does.
constexpr std::chrono::milliseconds grace{2000};

fs::path own_directory() {
  std::error_code ignored;
  auto program = fs::read_symlink("/proc/self/exe", ignored);
  return program.parent_path();
}

std::string program_of(const mitigator_config& what) {
  if (!what.built_in())
    return what.driver;
  auto file = "tocsin-mitigator-" + what.driver;
  for (const auto& place :
       {own_directory(), own_directory() / "../mitigators",
        own_directory() / "../libexec/tocsin", fs::path{"/usr/libexec/tocsin"}})
    if (fs::exists(place / file))
      return (place / file).string();
  return file; // looked for in PATH
}

} // namespace

/// Drivers that are ending; emptied by their own exit.
struct driver_host::bench {
  std::mutex guard;
  std::condition_variable changed;
  std::size_t running = 0;
  std::vector<std::unique_ptr<transports::child_process>> ended;

  /// Destroys the processes whose end was reported; not on their own thread.
  void sweep() {
    std::vector<std::unique_ptr<transports::child_process>> done;
    {
      std::lock_guard lock{guard};
      std::erase_if(ended, [&](auto& process) {
        if (process->pid() > 0)
          return false;
        done.push_back(std::move(process));
        return true;
      });
    }
  }
};

std::shared_ptr<driver_host::bench> driver_host::make_bench() {
  return std::make_shared<bench>();
}

namespace {

class process_link final : public actors::driver_link {
public:
  using release =
      std::function<void(std::unique_ptr<transports::child_process>)>;

  process_link(std::unique_ptr<transports::child_process> process, release then)
      : process_{std::move(process)}, release_{std::move(then)} {}

  ~process_link() override {
    process_->terminate(grace);
    release_(std::move(process_));
  }

  result<void> write(std::string lines) override {
    return process_->write_line(std::move(lines));
  }

private:
  std::unique_ptr<transports::child_process> process_;
  release release_;
};

} // namespace

driver_host::~driver_host() {
  std::unique_lock lock{bench_->guard};
  bench_->changed.wait_for(lock, 2 * grace,
                           [this] { return bench_->running == 0; });
  auto rest = std::move(bench_->ended);
  lock.unlock();
  // Their destructors kill what still runs.
}

actors::driver_starter driver_host::starter(const mitigator_config& what) {
  transports::child_process::options options;
  options.argv = {program_of(what)};
  options.argv.insert(options.argv.end(), what.arguments.begin(),
                      what.arguments.end());
  for (const auto& [key, value] : what.environment)
    options.env.push_back(key + '=' + value);
  return [options, name = what.name,
          place = bench_](std::function<void(std::string)> on_line,
                          std::function<void(int)> on_exit)
             -> result<std::unique_ptr<actors::driver_link>> {
    place->sweep();
    transports::child_process::callbacks notify;
    notify.on_line = std::move(on_line);
    notify.on_log = [name](std::string line) {
      spdlog::info("driver {}: {}", name, line);
    };
    notify.on_exit = [name, place, then = std::move(on_exit)](int status) {
      spdlog::info("driver {}: {}", name,
                   transports::child_process::describe(status));
      then(status);
      std::lock_guard lock{place->guard};
      --place->running;
      place->changed.notify_all();
    };
    {
      std::lock_guard lock{place->guard};
      ++place->running;
    }
    auto process = transports::child_process::spawn(options, std::move(notify));
    if (!process) {
      std::lock_guard lock{place->guard};
      --place->running;
      return process.error();
    }
    auto park = [place](std::unique_ptr<transports::child_process> old) {
      std::lock_guard lock{place->guard};
      place->ended.push_back(std::move(old));
    };
    return std::unique_ptr<actors::driver_link>{
        std::make_unique<process_link>(std::move(*process), park)};
  };
}

} // namespace tocsin::roles
