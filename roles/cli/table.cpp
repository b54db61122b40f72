#include "roles/cli/table.hpp"

#include <algorithm>
#include <ostream>
#include <string_view>

namespace tocsin::roles::cli {

namespace {

std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

} // namespace

std::string paint(const std::string& text, tone how, bool colour) {
  if (!colour || how == tone::plain || text.empty())
    return text;
  auto code = how == tone::good   ? "32"
              : how == tone::busy ? "33"
              : how == tone::bad  ? "31"
                                  : "1";
  return std::string{"\x1b["} + code + 'm' + text + "\x1b[0m";
}

tone tone_of(std::string_view state) {
  for (std::string_view good : {"up", "active", "mitigated"})
    if (state == good)
      return tone::good;
  for (std::string_view bad :
       {"down", "failed", "refused", "lost", "capability exceeded"})
    if (state == bad)
      return tone::bad;
  for (std::string_view busy :
       {"starting", "degraded", "pending", "requested", "withdrawing",
        "connecting", "handshaking", "in progress", "withdrawn, ending"})
    if (state == busy)
      return tone::busy;
  return tone::plain;
}

table::table(std::vector<std::string> headings) {
  auto& row = rows_.emplace_back();
  for (auto& text : headings)
    row.push_back({std::move(text), tone::heading});
}

void table::add(std::vector<cell> row) {
  row.resize(rows_.front().size());
  for (auto& x : row)
    if (x.text.empty())
      x.text = "-";
  rows_.push_back(std::move(row));
}

void table::write(std::ostream& out, bool colour) const {
  std::vector<std::size_t> widths(rows_.front().size());
  for (const auto& row : rows_)
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], width(row[i].text));
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      out << paint(row[i].text, row[i].how, colour);
      if (i + 1 < row.size()) // no blanks at the end of a line
        out << std::string(widths[i] - width(row[i].text) + 2, ' ');
    }
    out << '\n';
  }
}

} // namespace tocsin::roles::cli
