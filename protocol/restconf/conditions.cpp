#include "protocol/restconf/conditions.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace tocsin::protocol::restconf {

namespace {

constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr",
                                                  "May", "Jun", "Jul", "Aug",
                                                  "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> days{"Sun", "Mon", "Tue", "Wed",
                                               "Thu", "Fri", "Sat"};

/// Whether a list of entity-tags has this one (RFC 7232, Section 2.3). With
/// `strong`, weak ones never match. What is no tag ends the list.
bool lists(std::string_view text, std::string_view tag, bool strong) {
  while (true) {
    auto first = text.find_first_not_of(" \t,");
    if (first == text.npos)
      return false;
    text.remove_prefix(first);
    bool weak = text.starts_with("W/");
    if (weak)
      text.remove_prefix(2);
    if (!text.starts_with('"'))
      return false;
    auto end = text.find('"', 1);
    if (end == text.npos)
      return false;
    if (text.substr(1, end - 1) == tag && !(strong && weak))
      return true;
    text.remove_prefix(end + 1);
  }
}

bool is_any(std::string_view text) {
  auto first = text.find_first_not_of(" \t");
  return first != text.npos && text[first] == '*'
         && text.find_first_not_of(" \t", first + 1) == text.npos;
}

bool matches(std::string_view field, const std::optional<version>& now,
             bool strong) {
  if (!now)
    return false;
  return is_any(field) || (!now->tag.empty() && lists(field, now->tag, strong));
}

std::optional<bool> is_newer(const std::optional<std::string>& field,
                             const std::optional<version>& now) {
  auto date = field ? parse_http_date(*field) : std::nullopt;
  if (!date || !now || !now->modified)
    return {};
  return *now->modified > *date;
}

/// Reads fixed pieces of a date one after another.
class date_reader {
public:
  explicit date_reader(std::string_view text) : rest_{text} {}

  bool skip(std::string_view literal) {
    bool there = rest_.starts_with(literal);
    if (there)
      rest_.remove_prefix(literal.size());
    return there;
  }
  int number(std::size_t digits) {
    auto text = rest_.substr(0, digits);
    int out = 0;
    auto end = text.data() + text.size();
    auto [at, bad] = std::from_chars(text.data(), end, out);
    good_ = good_ && text.size() == digits && bad == std::errc{} && at == end
            && text[0] != '-';
    rest_.remove_prefix(text.size());
    return out;
  }
  unsigned month() {
    auto found = std::ranges::find(months, rest_.substr(0, 3));
    good_ = good_ && found != months.end();
    rest_.remove_prefix(std::min<std::size_t>(3, rest_.size()));
    return static_cast<unsigned>(found - months.begin()) + 1;
  }
  void expect(std::string_view literal) { good_ = skip(literal) && good_; }
  bool done() const { return good_ && rest_.empty(); }

private:
  std::string_view rest_;
  bool good_ = true;
};

struct civil {
  int year = 0, day = 0, hour = 0, minute = 0, second = 0;
  unsigned month = 0;
};

void clock(date_reader& in, civil& out) {
  out.hour = in.number(2);
  in.expect(":");
  out.minute = in.number(2);
  in.expect(":");
  out.second = in.number(2);
}

// "06 Nov 1994 08:49:37 GMT", or with hyphens and a year of two digits.
void day_first(date_reader& in, civil& out, bool obsolete) {
  std::string_view between = obsolete ? "-" : " ";
  out.day = in.number(2);
  in.expect(between);
  out.month = in.month();
  in.expect(between);
  out.year = in.number(obsolete ? 2 : 4);
  if (obsolete)
    out.year += out.year < 70 ? 2000 : 1900;
  in.expect(" ");
  clock(in, out);
  in.expect(" GMT");
}

// "Nov  6 08:49:37 1994".
void month_first(date_reader& in, civil& out) {
  out.month = in.month();
  in.expect(" ");
  out.day = in.number(in.skip(" ") ? 1 : 2);
  in.expect(" ");
  clock(in, out);
  in.expect(" ");
  out.year = in.number(4);
}

std::optional<std::chrono::sys_seconds> to_time(const civil& x) {
  using namespace std::chrono;
  auto date = year_month_day{year{x.year}, month{x.month},
                             day{static_cast<unsigned>(x.day)}};
  // 60: a leap second.
  if (!date.ok() || x.hour > 23 || x.minute > 59 || x.second > 60)
    return {};
  return sys_days{date} + hours{x.hour} + minutes{x.minute} + seconds{x.second};
}

std::string two(unsigned x) {
  auto out = std::to_string(x);
  return out.size() < 2 ? "0" + out : out;
}

} // namespace

verdict evaluate(const request& x, const std::optional<version>& now,
                 bool reads) {
  if (x.if_match) {
    if (!matches(*x.if_match, now, true))
      return verdict::failed;
  } else if (is_newer(x.if_unmodified_since, now).value_or(false)) {
    return verdict::failed;
  }
  if (x.if_none_match) {
    if (matches(*x.if_none_match, now, false))
      return reads ? verdict::not_modified : verdict::failed;
  } else if (reads && !is_newer(x.if_modified_since, now).value_or(true)) {
    return verdict::not_modified;
  }
  return verdict::proceed;
}

std::string http_date(std::chrono::sys_seconds x) {
  using namespace std::chrono;
  auto midnight = floor<std::chrono::days>(x);
  year_month_day date{midnight};
  hh_mm_ss time{x - midnight};
  auto number = [](auto count) { return two(static_cast<unsigned>(count)); };
  auto year_text = std::to_string(static_cast<int>(date.year()));
  return std::string{restconf::days[weekday{midnight}.c_encoding()]} + ", "
         + two(static_cast<unsigned>(date.day())) + " "
         + std::string{months[static_cast<unsigned>(date.month()) - 1]} + " "
         + year_text + " " + number(time.hours().count()) + ":"
         + number(time.minutes().count()) + ":" + number(time.seconds().count())
         + " GMT";
}

std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text) {
  auto comma = text.find(',');
  civil out;
  if (comma == text.npos) {
    if (text.size() < 4 || text[3] != ' '
        || std::ranges::find(days, text.substr(0, 3)) == days.end())
      return {};
    date_reader in{text.substr(4)};
    month_first(in, out);
    return in.done() ? to_time(out) : std::nullopt;
  }
  bool obsolete = comma > 3;
  date_reader in{text.substr(comma + 1)};
  in.expect(" ");
  day_first(in, out, obsolete);
  return in.done() ? to_time(out) : std::nullopt;
}

void add_version(response& to, const version& x) {
  if (!x.tag.empty())
    to.headers.push_back({"ETag", '"' + x.tag + '"'});
  if (x.modified)
    to.headers.push_back({"Last-Modified", http_date(*x.modified)});
}

} // namespace tocsin::protocol::restconf
