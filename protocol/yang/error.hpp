#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace tocsin::protocol::yang {

/// The error-tags of RFC 8040, Section 7, in the order of its table.
enum class error_tag : std::uint8_t {
  in_use,
  invalid_value,
  too_big,
  missing_attribute,
  bad_attribute,
  unknown_attribute,
  bad_element,
  unknown_element,
  unknown_namespace,
  access_denied,
  lock_denied,
  resource_denied,
  rollback_failed,
  data_exists,
  data_missing,
  operation_not_supported,
  operation_failed,
  partial_operation,
  malformed_message,
};

/// The tag as it is written: "invalid-value".
std::string_view to_string(error_tag x) noexcept;

/// One entry of `ietf-restconf:errors` (RFC 8040, Section 7.1).
struct error {
  error_tag tag = error_tag::operation_failed;
  std::string path{};    ///< instance-identifier (RFC 7951, 6.11), or empty
  std::string message{}; ///< a sentence for a person
  std::string app_tag{}; ///< or empty

  friend bool operator==(const error&, const error&) = default;
};

/// A value or an error which the peer is told as it is.
template <class T>
class [[nodiscard]] outcome {
public:
  outcome(T value) : content_{std::in_place_index<0>, std::move(value)} {}
  outcome(yang::error why) : content_{std::in_place_index<1>, std::move(why)} {}

  explicit operator bool() const noexcept { return content_.index() == 0; }
  const T& operator*() const& { return *std::get_if<0>(&content_); }
  T& operator*() & { return *std::get_if<0>(&content_); }
  T&& operator*() && { return std::move(*std::get_if<0>(&content_)); }
  const T* operator->() const { return std::get_if<0>(&content_); }
  T* operator->() { return std::get_if<0>(&content_); }
  const yang::error& error() const { return *std::get_if<1>(&content_); }

private:
  std::variant<T, yang::error> content_;
};

} // namespace tocsin::protocol::yang
