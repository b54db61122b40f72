#pragma once
#include "roles/config/load.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <typeindex>
#include <utility>
#include <vector>

namespace tocsin::roles {

/// A place in a configuration file, from 1; line 0: the file as a whole.
struct position {
  std::uint32_t line = 0, column = 0;
};

/// What is learned while a file is read: remarks, and the place that each
/// valid value came from, so that later checks can point at it.
class context {
public:
  explicit context(std::filesystem::path directory)
      : directory_{std::move(directory)} {}

  /// Relative paths count from here.
  const std::filesystem::path& directory() const { return directory_; }

  void error(position where, std::string message, std::string hint = {});
  void warn(position where, std::string message, std::string hint = {});

  /// Remembers where a value stands in the file; its address must stay.
  template <class T>
  void mark(const T& x, position where) {
    places_.insert_or_assign(key{&x, typeid(T)}, place{where, true});
  }

  /// Remembers that the file has a value for this, before it is read.
  template <class T>
  void touch(const T& x) {
    places_.insert_or_assign(key{&x, typeid(T)}, place{});
  }

  /// The file has a value for this, but an invalid one, which was reported:
  /// checks that depend on it would only puzzle.
  template <class T>
  bool broken(const T& x) const {
    auto i = places_.find({&x, typeid(T)});
    return i != places_.end() && !i->second.valid;
  }

  /// Where a value was read from; nothing: it is a default, or was invalid.
  template <class T>
  std::optional<position> where(const T& x) const {
    auto i = places_.find({&x, typeid(T)});
    if (i == places_.end() || !i->second.valid)
      return {};
    return i->second.where;
  }

  /// As where(), with something else to point at.
  template <class T, class Else>
  position where_or(const T& x, const Else& y) const {
    auto found = where(x);
    return found ? *found : where(y).value_or(position{});
  }

  /// All remarks in the order of the file.
  std::vector<diagnostic> take();

private:
  // A section and its first member share an address, not a type.
  using key = std::pair<const void*, std::type_index>;
  struct place {
    position where;
    bool valid = false;
  };

  std::filesystem::path directory_;
  std::map<key, place> places_;
  std::vector<diagnostic> remarks_;
};

} // namespace tocsin::roles
