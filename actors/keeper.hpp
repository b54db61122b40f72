#pragma once
#include "actors/interfaces.hpp"
#include "storage/worker.hpp"

#include <memory>
#include <unordered_map>

namespace tocsin::actors {

/// State of the KEEPER: matches the writer thread's answers with the promises
/// of those who wait for durability.
class keeper_state {
public:
  static inline const char* name = "keeper";

  explicit keeper_state(keeper_actor::pointer self) : self_{self} {}

  void open(std::unique_ptr<storage::store> store);

  caf::result<ack> commit(storage::transaction changes);
  caf::result<storage::snapshot> load();
  caf::result<std::vector<storage::audit_event>> audit(std::uint64_t limit);

  void on_committed(std::uint64_t ticket, const failure& why);
  template <class T>
  void on_read(std::uint64_t ticket, T value);

private:
  keeper_actor::pointer self_;
  std::unique_ptr<storage::worker> worker_;
  std::unordered_map<std::uint64_t, caf::response_promise> waiting_;
  std::uint64_t next_ticket_ = 1;
};

/// Spawns the KEEPER of a store.
keeper_actor::behavior_type
keeper(keeper_actor::stateful_pointer<keeper_state> self,
       std::shared_ptr<std::unique_ptr<storage::store>> store);

} // namespace tocsin::actors
