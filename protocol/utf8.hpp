#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace tocsin::protocol {

/// Length in octets of the UTF-8 sequence (RFC 3629) at `text[at]`, or 0 if
/// there is no valid one; `at` < text.size().
std::size_t utf8_sequence(std::string_view text, std::size_t at) noexcept;

/// Whether a text is UTF-8 without NUL: NUL has no place in names and cuts
/// them short wherever C strings are used.
bool is_clean_text(std::string_view text) noexcept;

/// The longest prefix of a text that has at most `limit` octets and does not
/// end within a character.
std::string_view utf8_prefix(std::string_view text, std::size_t limit) noexcept;

/// A text from elsewhere in quotes, fit for one line of a log or diagnostic:
/// control characters become '?', what is longer than `limit` octets is cut.
std::string quoted(std::string_view text, std::size_t limit = 64);

} // namespace tocsin::protocol
