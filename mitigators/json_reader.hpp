#pragma once
#include "protocol/error.hpp"

#include <simdjson.h>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Reads members of a JSON object, strictly typed. The first failure is kept
/// and everything after it reads as empty, so that a caller checks once.
namespace tocsin::mitigators {

class json_reader {
public:
  explicit json_reader(simdjson::dom::object from) : from_{from} {}

  bool good() const noexcept { return !why_; }
  const failure& why() const { return *why_; }
  void refuse(ec code, std::string_view where, std::string detail) {
    if (!why_)
      why_ = fail(code, std::string{where}, std::move(detail));
  }
  void refuse(failure why) {
    if (!why_)
      why_ = std::move(why);
  }

  bool has(std::string_view name) const { return !from_.at_key(name).error(); }

  /// Refuses members of other names: where those that are not known must not
  /// be passed over.
  void only(std::initializer_list<std::string_view> names) {
    for (auto member : from_)
      if (std::find(names.begin(), names.end(), member.key) == names.end())
        refuse(ec::unsupported, member.key, "is not known");
  }

  /// The member as T (bool, std::uint64_t, std::string_view, dom::array,
  /// dom::object), or nothing if it is absent.
  template <class T>
  std::optional<T> find(std::string_view name) {
    simdjson::dom::element x;
    if (!good() || from_.at_key(name).get(x))
      return std::nullopt;
    T value{};
    if (x.get(value)) {
      refuse(ec::malformed, name, "has the wrong type");
      return std::nullopt;
    }
    return value;
  }

  /// Like find(), yet absence is a failure.
  template <class T>
  T need(std::string_view name) {
    auto x = find<T>(name);
    if (!x)
      refuse(ec::missing, name, "is mandatory");
    return x.value_or(T{});
  }

  /// An unsigned integer of at most `max`, 0 if absent.
  std::uint64_t number(std::string_view name, std::uint64_t max) {
    auto x = find<std::uint64_t>(name).value_or(0);
    if (x > max)
      refuse(ec::out_of_range, name, "is beyond " + std::to_string(max));
    return good() ? x : 0;
  }

  std::string text(std::string_view name) {
    return std::string{find<std::string_view>(name).value_or("")};
  }

  /// Reads each element of an array member with `read(element)`, which gives
  /// an optional: nothing means that it refused. An absent array is empty.
  template <class T, class Read>
  std::vector<T> list(std::string_view name, Read read) {
    std::vector<T> result;
    auto xs = find<simdjson::dom::array>(name);
    if (!xs)
      return result;
    for (auto x : *xs) {
      auto value = read(x);
      if (!value || !good()) {
        refuse(ec::malformed, name, "has an unusable element");
        return {};
      }
      result.push_back(std::move(*value));
    }
    return result;
  }

private:
  simdjson::dom::object from_;
  std::optional<failure> why_;
};

} // namespace tocsin::mitigators
