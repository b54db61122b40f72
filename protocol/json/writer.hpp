#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin::protocol::json {

/// Writes one JSON document (RFC 8259) in compact form. The caller opens and
/// closes objects and arrays in the right order; the writer puts commas and
/// escapes. Text that is not UTF-8 is made so with U+FFFD.
///
///     writer w;
///     w.begin_object().key("mid").value(7).end_object();
///     w.str() == R"({"mid":7})"
class writer {
public:
  writer& begin_object();
  writer& end_object();
  writer& begin_array();
  writer& end_array();
  writer& key(std::string_view name);
  writer& value(std::string_view text);
  writer& value(const char* text) { return value(std::string_view{text}); }
  writer& value(bool x);
  writer& value(double x); ///< not finite: null
  writer& value(std::int64_t x);
  writer& value(std::uint64_t x);
  writer& value(int x) { return value(static_cast<std::int64_t>(x)); }
  writer& value(unsigned x) { return value(static_cast<std::uint64_t>(x)); }
  writer& null();

  /// A document that is already JSON, copied as it is.
  writer& raw(std::string_view json);

  /// `key(name).value(x)` in one step.
  template <class T>
  writer& member(std::string_view name, const T& x) {
    return key(name).value(x);
  }

  const std::string& str() const& noexcept { return out_; }
  std::string str() && noexcept { return std::move(out_); }

private:
  void separate();

  std::string out_;
  std::vector<bool> first_{true};
  bool after_key_ = false;
};

} // namespace tocsin::protocol::json
