#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace tocsin {

/// Every way in which something can fail; a new failure is a new enumerator.
enum class ec : std::uint8_t {
  none,         ///< no error (CAF reserves 0 for it)
  truncated,    ///< input ends in the middle of an element
  malformed,    ///< input breaks the grammar of its format
  out_of_range, ///< a value lies outside its bounds
  missing,      ///< a mandatory element is absent
  unknown,      ///< an element that must be understood is not
  unsupported,  ///< understood, yet not offered here
  conflict,     ///< contradicts existing state
  not_found,    ///< the thing named does not exist
  unauthorized, ///< the peer is not entitled to this
  too_large,    ///< beyond a limit of size or number
  unavailable,  ///< cannot be done now; trying later may help
  timeout,      ///< no answer in time
  closed,       ///< the other side is gone
  unacceptable, ///< well formed, yet not a value that is agreed to
  io,           ///< the operating system refused
  internal,     ///< a defect of ours
};

/// Stable name of an error code, for logs and the operator API.
std::string_view to_string(ec code) noexcept;

/// What went wrong, where, and what to do about it.
struct failure {
  ec code = ec::internal;
  std::string where;  ///< element, file or resource, e.g. "target-prefix"
  std::string detail; ///< a sentence for a person, may be empty

  friend bool operator==(const failure&, const failure&) = default;
};

/// "where: detail (code)" in one line.
std::string to_string(const failure& x);

/// A value or a failure: the part of std::expected that we need; g++ 12 has it
/// only in C++23.
template <class T>
class [[nodiscard]] result {
public:
  result(T value) : content_{std::in_place_index<0>, std::move(value)} {}
  result(failure why) : content_{std::in_place_index<1>, std::move(why)} {}

  explicit operator bool() const noexcept { return content_.index() == 0; }
  const T& operator*() const& { return *std::get_if<0>(&content_); }
  T& operator*() & { return *std::get_if<0>(&content_); }
  T&& operator*() && { return std::move(*std::get_if<0>(&content_)); }
  const T* operator->() const { return std::get_if<0>(&content_); }
  T* operator->() { return std::get_if<0>(&content_); }
  const failure& error() const { return *std::get_if<1>(&content_); }

private:
  std::variant<T, failure> content_;
};

/// Success without a value, or a failure.
template <>
class [[nodiscard]] result<void> {
public:
  result() = default;
  result(failure why) : why_{std::move(why)}, good_{false} {}

  explicit operator bool() const noexcept { return good_; }
  const failure& error() const { return why_; }

private:
  failure why_;
  bool good_ = true;
};

/// Shorthand for the common way to fail.
inline failure fail(ec code, std::string where, std::string detail = {}) {
  return {code, std::move(where), std::move(detail)};
}

} // namespace tocsin
