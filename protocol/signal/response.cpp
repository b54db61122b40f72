#include "protocol/signal/response.hpp"

#include "protocol/utf8.hpp"

namespace tocsin::protocol::signal {

namespace {

body with_conflict(conflict_information why) {
  mitigation entry;
  entry.conflict = std::move(why);
  return mitigation_scope{{std::move(entry)}};
}

/// Drops what must not go to a client, then what it did not ask for. Nodes
/// that only servers send are the non-configuration ones; mid and lifetime
/// are always there, as nothing else tells the entries apart.
void apply(content_filter filter, mitigation& x) {
  x.attack.reset();
  if (x.state == status::signal_loss)
    x.start.reset();
  if (filter == content_filter::non_configuration) {
    x.what = {};
    x.trigger_mitigation.reset();
  } else if (filter == content_filter::configuration) {
    x.start.reset();
    x.state.reset();
    x.conflict.reset();
    x.dropped.reset();
  }
}

} // namespace

std::string to_string(response_code x) {
  auto octet = static_cast<unsigned>(x);
  auto detail = octet & 31;
  return std::to_string(octet >> 5) + (detail < 10 ? ".0" : ".")
         + std::to_string(detail);
}

response_code code_of(ec code) noexcept {
  switch (code) {
  case ec::truncated:
  case ec::malformed:
  case ec::out_of_range:
  case ec::missing:
  case ec::unknown:
    return response_code::bad_request;
  case ec::unsupported:
    return response_code::unsupported_content_format;
  case ec::conflict:
    return response_code::conflict;
  case ec::not_found:
    return response_code::not_found;
  case ec::unauthorized:
    return response_code::unauthorized;
  case ec::too_large:
    return response_code::request_too_large;
  case ec::unacceptable:
    return response_code::unprocessable;
  case ec::unavailable:
  case ec::timeout:
  case ec::closed:
    return response_code::unavailable;
  case ec::none: // no failure at all: who asks has a defect
  case ec::io:
  case ec::internal:
    return response_code::internal_error;
  }
  return response_code::internal_error;
}

std::string diagnostic(const failure& why) {
  std::string text;
  for (char c : to_string(why))
    text += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
  if (!is_clean_text(text))
    return std::string{tocsin::to_string(why.code)};
  return std::string{utf8_prefix(text, max_diagnostic)};
}

body accepted(std::uint32_t mid, std::int64_t lifetime) {
  mitigation entry;
  entry.mid = mid;
  entry.lifetime = lifetime;
  return mitigation_scope{{std::move(entry)}};
}

body overlap_conflict(std::uint32_t existing_mid) {
  conflict_information why;
  why.cause = conflict_cause::overlapping_targets;
  why.scope.emplace().mid = existing_mid;
  return with_conflict(std::move(why));
}

body cuid_collision() {
  conflict_information why;
  why.cause = conflict_cause::cuid_collision;
  return with_conflict(std::move(why));
}

body filters_failed(std::uint32_t mid, std::vector<filter_control> acls) {
  mitigation entry;
  entry.mid = mid;
  entry.acls = std::move(acls);
  return mitigation_scope{{std::move(entry)}};
}

body mitigation_list(std::vector<mitigation> entries, content_filter filter) {
  for (auto& x : entries)
    apply(filter, x);
  return mitigation_scope{std::move(entries)};
}

} // namespace tocsin::protocol::signal
