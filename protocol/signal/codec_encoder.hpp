#pragma once
#include "protocol/cbor/writer.hpp"
#include "protocol/schema/fields.hpp"
#include "protocol/signal/members.hpp"

#include <utility>

/// Internal to codec.cpp: values to CBOR, driven by the table of elements.
namespace tocsin::protocol::signal {

template <class T>
bool present(const std::optional<T>& x) {
  return x.has_value();
}

template <class T>
bool present(const std::vector<T>& x) {
  return !x.empty();
}

inline bool present(const std::string& x) {
  return !x.empty();
}

/// Counts the pairs of a map, which have to be announced.
struct pair_counter {
  std::size_t pairs = 0;

  template <class T>
  void member(std::uint16_t, const T& x) {
    pairs += present(x);
  }
  template <class T>
  void mandatory(std::uint16_t, const T&) {
    ++pairs;
  }
  template <class T>
  void or_else(std::uint16_t, const T& x, const T& fallback) {
    pairs += x != fallback;
  }
  template <class S, class T>
  void part(std::uint16_t, const std::optional<S>& x, T S::*) {
    pairs += x.has_value();
  }
};

class encoder {
public:
  template <class T>
  void write_message(const T& only) {
    constexpr std::uint16_t key = key_of(static_cast<const T*>(nullptr));
    out_.map(1);
    mandatory(key, only);
  }

  template <class T>
  void member(std::uint16_t key, const T& x) {
    if (present(x))
      mandatory(key, x);
  }
  template <class T>
  void mandatory(std::uint16_t key, const T& x) {
    out_.unsigned_integer(key);
    write(*schema::find_field(key), x);
  }
  template <class T>
  void or_else(std::uint16_t key, const T& x, const T& fallback) {
    if (x != fallback)
      mandatory(key, x);
  }
  template <class S, class T>
  void part(std::uint16_t key, const std::optional<S>& x, T S::*which) {
    if (x)
      mandatory(key, (*x).*which);
  }

  bytes get() && { return std::move(out_).get(); }

private:
  static constexpr std::uint16_t key_of(const mitigation_scope*) { return 1; }
  static constexpr std::uint16_t key_of(const signal_config*) { return 30; }
  static constexpr std::uint16_t key_of(const redirected_signal*) { return 46; }
  static constexpr std::uint16_t key_of(const heartbeat_body*) { return 49; }

  template <class T>
  void write(const schema::field& row, const T& x) {
    if constexpr (std::is_same_v<T, bool>) {
      out_.boolean(x);
    } else if constexpr (std::is_same_v<T, std::int64_t>) {
      out_.integer(x);
    } else if constexpr (std::is_unsigned_v<T>) {
      if (row.type == schema::wire::decimal)
        out_.hundredths(static_cast<std::int64_t>(x));
      else
        out_.unsigned_integer(x);
    } else if constexpr (std::is_enum_v<T>) {
      out_.unsigned_integer(static_cast<std::uint64_t>(x));
    } else if constexpr (std::is_same_v<T, std::string>) {
      out_.text(x);
    } else if constexpr (std::is_same_v<T, prefix>) {
      out_.text(x.to_string());
    } else {
      write_map(row, x);
    }
  }

  template <class T>
  void write(const schema::field& row, const std::optional<T>& x) {
    write(row, *x);
  }

  template <class T>
  void write(const schema::field& row, const std::vector<T>& list) {
    out_.array(list.size());
    for (const auto& x : list)
      write(row, x);
  }

  template <class T>
  void write_map(const schema::field& row, const T& x) {
    pair_counter n;
    members(n, x, row.key);
    out_.map(n.pairs);
    members(*this, x, row.key);
  }

  cbor::writer out_;
};

} // namespace tocsin::protocol::signal
