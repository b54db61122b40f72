#pragma once
#include "actors/messages.hpp"

#include <memory>
#include <vector>

namespace tocsin::actors {

/// Asks several actors the same and delivers all their answers together, in no
/// particular order. Who fails or does not answer in time is left out: a list
/// for the operator is better incomplete than absent.
template <class T, class Self, class Handle, class... Args>
void gather(Self* self, const std::vector<Handle>& from, duration patience,
            caf::typed_response_promise<std::vector<T>> promise,
            const Args&... args) {
  struct round {
    std::vector<T> answers;
    std::size_t open;
  };
  auto state = std::make_shared<round>(round{{}, from.size()});
  if (from.empty()) {
    promise.deliver(std::vector<T>{});
    return;
  }
  auto done = [state, promise]() mutable {
    if (--state->open == 0)
      promise.deliver(std::move(state->answers));
  };
  for (const auto& handle : from)
    self->request(handle, patience, args...)
      .then(
        [state, done](T& x) mutable {
          state->answers.push_back(std::move(x));
          done();
        },
        [done](const caf::error&) mutable { done(); });
}

} // namespace tocsin::actors
