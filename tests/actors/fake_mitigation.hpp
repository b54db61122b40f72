#pragma once
#include "actors/interfaces.hpp"

#include <memory>
#include <string>
#include <vector>

namespace tocsin::actors {

/// What a MITIGATION has heard of its rule.
struct heard {
  std::vector<std::string> states; ///< and details
  std::uint64_t packets = 0;
  std::vector<bool> traffic;
  std::uint8_t answer = 0; ///< of the server, as told last
  bool blind = false;      ///< as told last

  std::string last() const { return states.empty() ? "" : states.back(); }
};

inline mitigation_actor::behavior_type
fake_mitigation(mitigation_actor::pointer, std::shared_ptr<heard> to) {
  return {
      [](atom::begin) {},
      [](atom::refresh, std::int64_t) {},
      [](atom::withdraw) {},
      [](atom::revoke, const std::string&) {},
      [](atom::lost) {},
      [](atom::report) {},
      [](atom::report, protocol::signal::attack_status) {},
      [](atom::hops, std::uint8_t) {},
      [](atom::decide, const operator_order&) {},
      [](atom::adopt, const mitigator_table&) {},
      [to](atom::report, const enforcement_report& x) {
        to->states.push_back(std::string{to_string(x.what)} + ": " + x.detail);
        to->answer = x.answer;
        to->blind = x.blind;
      },
      [to](atom::counters, const std::string&, std::uint64_t packets,
           std::uint64_t) { to->packets = packets; },
      [to](atom::traffic, const std::string&, bool goes_on) {
        to->traffic.push_back(goes_on);
      },
      [](atom::status) { return mitigation_view{}; },
      [](atom::tick, std::uint64_t) {},
  };
}

} // namespace tocsin::actors
