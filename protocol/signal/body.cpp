#include "protocol/signal/body.hpp"

#include "protocol/schema/labels.hpp"

namespace tocsin::protocol::signal {

namespace {

template <class Enum>
std::string_view label_of(schema::labels names, Enum x) noexcept {
  auto text = schema::label(names, static_cast<std::uint64_t>(x));
  return text.empty() ? "unassigned" : text;
}

} // namespace

std::string_view to_string(status x) noexcept {
  return label_of(schema::status_labels, x);
}

std::string_view to_string(conflict_status x) noexcept {
  return label_of(schema::conflict_status_labels, x);
}

std::string_view to_string(conflict_cause x) noexcept {
  return label_of(schema::conflict_cause_labels, x);
}

std::string_view to_string(attack_status x) noexcept {
  return label_of(schema::attack_status_labels, x);
}

std::string_view to_string(activation x) noexcept {
  return label_of(schema::activation_labels, x);
}

} // namespace tocsin::protocol::signal
