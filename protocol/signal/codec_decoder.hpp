#pragma once
#include "protocol/cbor/reader.hpp"
#include "protocol/schema/fields.hpp"
#include "protocol/signal/codec.hpp"
#include "protocol/signal/members.hpp"

#include <optional>
#include <vector>

/// Internal to codec.cpp: CBOR to values, driven by the table of elements.
namespace tocsin::protocol::signal {

/// Keys seen in one map.
class key_set {
public:
  /// Elements which we do not know but may skip; a limit of ours, so that the
  /// search for duplicates stays cheap.
  static constexpr std::size_t max_unknown = 256;

  bool known(std::uint16_t key) const noexcept {
    return (known_ >> key) & 1; // the table ends at key 53
  }
  /// False if the key was there already.
  bool insert(std::uint16_t key);
  bool full() const noexcept { return unknown_.size() > max_unknown; }

private:
  std::uint64_t known_ = 0;
  std::vector<std::uint16_t> unknown_;
};

/// Reads one message. The first failure sticks: whatever is called after it
/// does nothing, so that callers need not look after each step.
class decoder {
public:
  decoder(byte_view octets, direction way) : in_{octets}, way_{way} {}

  result<void> read(message& x);

private:
  /// Stores the value of one pair into the member with its key.
  struct assigner {
    decoder& d;
    const schema::field& row;

    template <class T>
    void member(std::uint16_t key, T& x) {
      if (key == row.key)
        d.read_value(row, x);
    }
    template <class T>
    void mandatory(std::uint16_t key, T& x) {
      member(key, x);
    }
    template <class T>
    void or_else(std::uint16_t key, T& x, const T&) {
      member(key, x);
    }
    template <class S, class T>
    void part(std::uint16_t key, std::optional<S>& x, T S::*which) {
      if (key != row.key)
        return;
      if (!x)
        x.emplace();
      d.read_value(row, (*x).*which);
    }
  };

  /// Runs after the last pair: misses what is mandatory, fills in fallbacks.
  struct finisher {
    decoder& d;
    const key_set& seen;

    template <class T>
    void member(std::uint16_t, T&) {}
    template <class T>
    void mandatory(std::uint16_t key, T&) {
      if (!seen.known(key))
        d.miss(key);
    }
    template <class T>
    void or_else(std::uint16_t key, T& x, const T& fallback) {
      if (!seen.known(key))
        x = fallback;
    }
    template <class S, class T>
    void part(std::uint16_t, std::optional<S>&, T S::*) {}
  };

  template <class T>
  void read_map(std::uint16_t parent, T& x) {
    cbor::container pairs;
    if (!take(parent, in_.enter_map(), pairs))
      return;
    key_set seen;
    while (more(parent, pairs)) {
      if (const auto* row = next_element(parent, seen)) {
        assigner a{*this, *row};
        members(a, x, parent);
      }
    }
    if (good()) {
      finisher f{*this, seen};
      members(f, x, parent);
    }
  }

  template <class T>
  void read_value(const schema::field& row, T& x) {
    if constexpr (std::is_same_v<T, bool>) {
      take(row.key, in_.read_bool(), x);
    } else if constexpr (std::is_enum_v<T> || std::is_integral_v<T>) {
      bool decimal = row.type == schema::wire::decimal;
      x = static_cast<T>(decimal ? read_decimal(row) : read_number(row));
    } else if constexpr (std::is_same_v<T, std::string>) {
      read_text(row, x);
    } else if constexpr (std::is_same_v<T, prefix>) {
      read_prefix(row, x);
    } else {
      read_map(row.key, x);
    }
  }

  template <class T>
  void read_value(const schema::field& row, std::optional<T>& x) {
    read_value(row, x.emplace());
  }

  template <class T>
  void read_value(const schema::field& row, std::vector<T>& list) {
    cbor::container entries;
    if (!take(row.key, in_.enter_array(), entries))
      return;
    while (more(row.key, entries)) {
      if (list.size() == row.most_entries) {
        refuse(ec::too_large, row.leaf, "too many entries");
        return;
      }
      read_value(row, list.emplace_back());
    }
    if (good() && list.empty() && way_ == direction::request)
      refuse(ec::malformed, row.leaf, "the list is empty; leave it out");
  }

  const schema::field* next_element(std::uint16_t parent, key_set& seen);
  const schema::field* accept(const schema::field& row, std::uint16_t parent);
  void skip_unknown(std::uint16_t key, const key_set& seen);
  bool more(std::uint16_t key, cbor::container& in);
  /// The bits of an integer within the bounds of its row; 0 on failure.
  std::uint64_t read_number(const schema::field& row);
  std::uint64_t read_decimal(const schema::field& row);
  void read_text(const schema::field& row, std::string& x);
  void read_prefix(const schema::field& row, prefix& x);
  std::uint64_t within(const schema::field& row, const cbor::head& x);
  void strip_tag();
  void miss(std::uint16_t key);

  bool good() const noexcept { return !why_; }
  void refuse(ec code, std::string_view where, std::string detail);
  /// Moves the value of a step out, or blames the element for its failure.
  template <class T, class U>
  bool take(std::uint16_t key, result<T> step, U& x) {
    if (!good())
      return false;
    if (!step) {
      blame(key, step.error());
      return false;
    }
    x = std::move(*step);
    return true;
  }
  void blame(std::uint16_t key, const failure& why);

  cbor::reader in_;
  direction way_;
  std::optional<failure> why_;
  std::vector<std::uint16_t> not_understood_;
};

} // namespace tocsin::protocol::signal
