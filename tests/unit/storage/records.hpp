#pragma once
#include "storage/store.hpp"

#include <cstdint>
#include <string>

/// Records that differ in every member, to be told apart in tests.
namespace tocsin::storage::test {

inline mitigation_record mitigation(std::uint32_t mid,
                                    std::string cuid = "cuid") {
  mitigation_record x;
  x.key = {"acme", std::move(cuid), mid};
  x.body = {0xa1, static_cast<std::uint8_t>(mid), 0x00};
  x.lifetime = 3600;
  x.expires = 1'700'003'600;
  x.start = 1'700'000'000;
  x.status = 2;
  x.flags = 0x81;
  x.created = mid;
  return x;
}

inline client_record client(std::string cuid, std::uint32_t last_mid = 7) {
  return {"acme", std::move(cuid), "sha256:aa", last_mid, true, 1'700'000'000};
}

inline audit_event event(int n) {
  return {n, "acme", "mitigate", "cuid/mid " + std::to_string(n), "2.01"};
}

inline result<void> commit(store& to, transaction changes) {
  return to.commit({&changes, 1});
}

} // namespace tocsin::storage::test
