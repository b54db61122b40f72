#pragma once
#include "actors/messages.hpp"

#include <memory>
#include <vector>

namespace tocsin::actors {

/// Asks several actors the same and hands all their answers over together, in
/// no particular order. Who fails or does not answer in time is left out: a
/// list for the operator is better incomplete than absent.
template <class T, class Self, class Handle, class Then, class... Args>
void gather_into(Self* self, const std::vector<Handle>& from, duration patience,
                 Then then, const Args&... args) {
  struct round {
    std::vector<T> answers;
    std::size_t open;
    Then then;
  };
  auto state = std::make_shared<round>(round{{}, from.size(), std::move(then)});
  auto done = [state]() {
    if (--state->open == 0)
      state->then(std::move(state->answers));
  };
  for (const auto& handle : from)
    self->request(handle, patience, args...)
        .then(
            [state, done](T& x) {
              state->answers.push_back(std::move(x));
              done();
            },
            [done](const caf::error&) { done(); });
  if (from.empty())
    state->then(std::vector<T>{});
}

/// The same, delivered to a promise.
template <class T, class Self, class Handle, class... Args>
void gather(Self* self, const std::vector<Handle>& from, duration patience,
            caf::typed_response_promise<std::vector<T>> promise,
            const Args&... args) {
  gather_into<T>(
      self, from, patience,
      [promise](std::vector<T> all) mutable {
        promise.deliver(std::move(all));
      },
      args...);
}

} // namespace tocsin::actors
