#pragma once
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin::roles::cli {

enum class tone : unsigned char { plain, good, busy, bad, heading };

/// `text` in the colour of its tone, if `colour`.
std::string paint(const std::string& text, tone how, bool colour);

/// The tone of a state word as the views use them, e.g. "up".
tone tone_of(std::string_view state);

struct cell {
  std::string text;
  tone how = tone::plain;
};

/// Columns as wide as their widest cell, two spaces apart; widths count
/// characters of UTF-8, not octets.
class table {
public:
  explicit table(std::vector<std::string> headings);

  /// Missing cells at the end are empty. An empty cell is shown as "-".
  void add(std::vector<cell> row);
  void write(std::ostream& out, bool colour) const;

private:
  std::vector<std::vector<cell>> rows_;
};

} // namespace tocsin::roles::cli
