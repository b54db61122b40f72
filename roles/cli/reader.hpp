#pragma once
#include "actors/views.hpp"
#include "protocol/error.hpp"
#include "protocol/signal/body.hpp"

#include <concepts>
#include <limits>
#include <optional>
#include <simdjson.h>
#include <string>
#include <string_view>
#include <vector>

/// How answers of the operator API are read; see answers.hpp.
namespace tocsin::roles::cli {

namespace dom = simdjson::dom;

/// One object; a member of another type than expected counts as absent.
class reader {
public:
  explicit reader(dom::element x) {
    good_ = x.get_object().get(object_) == simdjson::SUCCESS;
  }

  std::optional<dom::element> find(std::string_view name) const {
    dom::element value;
    if (!good_ || object_[name].get(value) != simdjson::SUCCESS)
      return std::nullopt;
    return value;
  }

  void read(std::string_view name, std::string& into) const {
    auto value = find(name);
    if (value && value->is_string())
      into = value->get_string().value_unsafe();
  }
  void read(std::string_view name, bool& into) const {
    auto value = find(name);
    if (value && value->is_bool())
      into = value->get_bool().value_unsafe();
  }
  void read(std::string_view name, std::int64_t& into) const {
    auto value = find(name);
    if (value && value->is_int64())
      into = value->get_int64().value_unsafe();
  }
  template <std::unsigned_integral T>
  void read(std::string_view name, T& into) const {
    auto value = find(name);
    std::uint64_t number = 0;
    if (value && value->get_uint64().get(number) == simdjson::SUCCESS
        && number <= std::numeric_limits<T>::max())
      into = static_cast<T>(number);
  }

  /// Calls `f` for each entry of the list `name`; false if there is none.
  template <class F>
  bool each(std::string_view name, F f) const {
    auto value = find(name);
    if (!value || !value->is_array())
      return false;
    simdjson::dom::array entries;
    if (value->get_array().get(entries) != simdjson::SUCCESS)
      return false;
    for (auto entry : entries)
      f(entry);
    return true;
  }

  void read(std::string_view name, std::vector<std::string>& into) const {
    each(name, [&](dom::element entry) {
      std::string_view text;
      if (entry.get_string().get(text) == simdjson::SUCCESS)
        into.emplace_back(text);
    });
  }

private:
  dom::object object_;
  bool good_ = false;
};

/// The members of a target.
void read_target(const reader& from, protocol::signal::target& into);

/// The member "enforcement".
void read_enforcement(const reader& from,
                      std::vector<actors::enforcement_view>& into);

inline failure not_understood() {
  return fail(ec::malformed, "answer",
              "the node's answer is not understood: is it another version?");
}

/// Calls `read` with the object that `json` is.
template <class T, class Read>
result<T> parse(std::string_view json, Read read) {
  dom::parser parser;
  dom::element root;
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS
      || !root.is_object())
    return not_understood();
  return read(reader{root});
}

} // namespace tocsin::roles::cli
