#pragma once
#include "roles/config/schema.hpp"
#include "roles/config/values.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tocsin::roles {

/// Reads one TOML table by visiting the description of its section; what is
/// left over then is an unknown key.
class section_reader {
public:
  /// `name`: "[server]" or "[[client.alias]]"; `path`: "server",
  /// "client.alias".
  section_reader(const toml::table& table, std::string path, bool repeated,
                 context& c)
      : table_{table}, path_{std::move(path)}, repeated_{repeated}, c_{c} {}

  template <class T>
  void operator()(T& member, const option& o) {
    known_.push_back(o.name);
    if (const auto* node = table_.get(o.name))
      read(*node, member, o);
    else if (o.required)
      missing(o);
  }

  /// Reports the keys that nobody asked for.
  void finish();

  /// "[server]" or "[[client.alias]]"; the file itself is "the file".
  std::string title() const;

private:
  void missing(const option& o);
  std::string path_of(const option& o) const {
    return (path_.empty() ? "" : path_ + ".") + std::string{o.name};
  }

  template <class T>
  void read(const toml::node& n, T& member, const option& o) {
    if constexpr (is_section<T>) {
      if (const auto* table = as_table(n, o, c_))
        read_section(*table, member, path_of(o), false, c_);
    } else {
      c_.touch(member);
      read_value(n, member, o, c_);
    }
  }

  template <class T>
  requires is_section<T>
  void read(const toml::node& n, std::optional<T>& member, const option& o) {
    read(n, member.emplace(), o);
  }

  template <class T>
  requires is_section<T>
  void read(const toml::node& n, std::vector<T>& member, const option& o) {
    const auto* list = n.as_array();
    if (!list)
      return not_repeated(n, o);
    member.assign(list->size(), T{});
    for (std::size_t i = 0; i < member.size(); ++i) {
      if (const auto* table = (*list)[i].as_table())
        read_section(*table, member[i], path_of(o), true, c_);
      else
        not_repeated((*list)[i], o);
    }
    c_.mark(member, begin_of(n));
  }

  void not_repeated(const toml::node& n, const option& o);

  template <class T>
  static void read_section(const toml::table& table, T& out, std::string path,
                           bool repeated, context& c) {
    c.mark(out, begin_of(table));
    section_reader inner{table, std::move(path), repeated, c};
    describe(inner, out);
    inner.finish();
  }

  const toml::table& table_;
  std::string path_;
  bool repeated_;
  context& c_;
  std::vector<std::string_view> known_;
};

} // namespace tocsin::roles
