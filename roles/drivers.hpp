#pragma once
#include "actors/mitigator.hpp"
#include "roles/config/config.hpp"
#include "transports/child_process.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>

namespace tocsin::roles {

/// Starts driver programs for MITIGATORs and takes care of their ends, so that
/// no actor waits for a process. Any thread.
class driver_host {
public:
  /// Ends all drivers in an orderly way and waits for them.
  ~driver_host();

  /// How the MITIGATOR of this configuration starts its driver. Built-in
  /// drivers are looked for beside the running program, then in libexec.
  actors::driver_starter starter(const mitigator_config& what);

private:
  struct bench;
  std::shared_ptr<bench> bench_ = make_bench();
  static std::shared_ptr<bench> make_bench();
};

} // namespace tocsin::roles
