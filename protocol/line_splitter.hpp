#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tocsin::protocol {

/// Cuts a stream of octets into lines, with bounded memory: of a line longer
/// than the limit nothing is kept, and it is reported as overlong once.
///
///     splitter.push(octets);
///     while (auto line = splitter.next()) ...
class line_splitter {
public:
  struct line {
    std::string text;      ///< without "\n" (and without a "\r" before it)
    bool overlong = false; ///< was beyond the limit; `text` is empty
  };

  /// Lines of up to `limit` octets are accepted, the line end not counted.
  explicit line_splitter(std::size_t limit) : limit_{limit} {}

  /// Takes octets as they come; call next() until it is empty before the next
  /// push(), so that no more than one line and one push are ever held.
  void push(std::string_view octets) { buffer_.append(octets); }

  /// The next complete line, if there is one.
  std::optional<line> next() {
    auto end = buffer_.find('\n', searched_);
    if (end == std::string::npos) {
      compact();
      return std::nullopt;
    }
    line result;
    result.overlong = skipping_ || end - start_ > limit_ + 1;
    if (!result.overlong) {
      result.text = buffer_.substr(start_, end - start_);
      if (!result.text.empty() && result.text.back() == '\r')
        result.text.pop_back();
      result.overlong = result.text.size() > limit_;
    }
    if (result.overlong)
      result.text.clear();
    skipping_ = false;
    start_ = searched_ = end + 1;
    return result;
  }

  /// What came after the last line end: a line that the end of the stream
  /// cut off. Empties the splitter.
  std::string rest() {
    auto text = skipping_ ? std::string{} : buffer_.substr(start_);
    buffer_.clear();
    start_ = searched_ = 0;
    skipping_ = false;
    return text;
  }

private:
  void compact() {
    buffer_.erase(0, start_);
    start_ = 0;
    if (skipping_ || buffer_.size() > limit_ + 1) {
      skipping_ = true;
      buffer_.clear();
    }
    searched_ = buffer_.size();
  }

  std::size_t limit_;
  std::string buffer_;
  std::size_t start_ = 0;    // of the line being looked for
  std::size_t searched_ = 0; // no line end before this
  bool skipping_ = false;    // inside a line beyond the limit
};

} // namespace tocsin::protocol
