#include "mitigators/exec/backend.hpp"

#include <algorithm>

namespace tocsin::mitigators::exec {

namespace {

using protocol::signal::port_range;
using protocol::signal::prefix;

std::string word(const prefix& x) {
  return x.to_string();
}

std::string word(port_range x) {
  auto lower = std::to_string(x.lower);
  return x.lower == x.upper ? lower : lower + "-" + std::to_string(x.upper);
}

std::string word(std::uint8_t x) {
  return std::to_string(x);
}

template <class T>
std::string words(const std::vector<T>& xs, char between) {
  std::string result;
  for (const auto& x : xs) {
    if (!result.empty())
      result += between;
    result += word(x);
  }
  return result;
}

/// Names come from clients: no control character of theirs reaches a script.
std::string harmless(std::string text) {
  std::ranges::replace_if(
      text,
      [](char c) {
        auto octet = static_cast<unsigned char>(c);
        return octet < 0x20 || octet == 0x7f;
      },
      '?');
  return text;
}

/// An exemption a line: "sources=a,b ports=c protocols=d".
std::string exemptions(const std::vector<rule::exemption>& xs) {
  std::string result;
  for (const auto& x : xs) {
    if (!result.empty())
      result += '\n';
    result += "sources=" + words(x.sources, ',') + " ports="
              + words(x.ports, ',') + " protocols=" + words(x.protocols, ',');
  }
  return result;
}

} // namespace

std::vector<std::string> hook_variables(std::string_view task, const rule& x) {
  auto limited = x.what == action::rate_limit;
  return {
      "TOCSIN_ACTION=" + std::string{task},
      "TOCSIN_KIND=rule",
      "TOCSIN_ID=" + x.id,
      "TOCSIN_TREATMENT=" + std::string{to_string(x.what)},
      "TOCSIN_RATE=" + (limited ? std::to_string(x.rate) : ""),
      "TOCSIN_PREFIXES=" + words(x.prefixes, ' '),
      "TOCSIN_PORTS=" + words(x.ports, ' '),
      "TOCSIN_PROTOCOLS=" + words(x.protocols, ' '),
      "TOCSIN_ACCEPT=" + exemptions(x.accept),
      "TOCSIN_CUSTOMER=" + harmless(x.customer),
      "TOCSIN_CUID=" + harmless(x.cuid),
      "TOCSIN_MID=" + std::to_string(x.mid),
  };
}

std::vector<std::string> hook_variables(std::string_view task,
                                        const filter_set& x) {
  return {
      "TOCSIN_ACTION=" + std::string{task},
      "TOCSIN_KIND=filters",
      "TOCSIN_ID=" + x.id,
      "TOCSIN_CUSTOMER=" + harmless(x.customer),
      "TOCSIN_CUID=" + harmless(x.cuid),
  };
}

} // namespace tocsin::mitigators::exec
