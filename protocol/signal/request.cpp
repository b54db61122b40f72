#include "protocol/signal/request.hpp"

#include "protocol/signal/cuid.hpp"
#include "protocol/utf8.hpp"

#include <charconv>

namespace tocsin::protocol::signal {

namespace {

using segment_list = std::span<const std::string_view>;

failure malformed(std::string_view where, std::string detail) {
  return fail(ec::malformed, std::string{where}, std::move(detail));
}

/// The value of the next segment if it is "name=…"; consumes it.
std::optional<std::string_view> take(segment_list& left,
                                     std::string_view name) {
  if (left.empty() || !left.front().starts_with(name)
      || left.front().substr(name.size(), 1) != "=")
    return {};
  auto value = left.front().substr(name.size() + 1);
  left = left.subspan(1);
  return value;
}

/// Canonical decimal only: one resource must not have two names.
result<std::uint32_t> parse_number(std::string_view where,
                                   std::string_view text) {
  std::uint32_t value = 0;
  auto [end, error] = std::from_chars(text.begin(), text.end(), value);
  if (error == std::errc::result_out_of_range)
    return fail(ec::out_of_range, std::string{where},
                quoted(text) + " is not within 0 to 4294967295");
  if (error != std::errc{} || end != text.end()
      || (text.size() > 1 && text.front() == '0'))
    return malformed(where, quoted(text)
                                + " is not a decimal number without sign and "
                                  "leading zeros");
  return value;
}

result<std::string> parse_identifier(std::string_view where,
                                     std::string_view text) {
  if (text.empty())
    return malformed(where, "the value is empty");
  if (!valid_cuid(text))
    return malformed(where,
                     quoted(text) + " must be 1 to 250 printable characters");
  return std::string{text};
}

/// What to say about a segment where none, or another one, is expected.
failure unexpected(std::string_view segment) {
  auto name = segment.substr(0, segment.find('='));
  for (std::string_view known : {"cdid", "cuid", "mid", "sid"})
    if (name == known)
      return malformed(known, "occurs twice, in the wrong order or where it "
                              "does not belong");
  return malformed("Uri-Path",
                   quoted(segment) + " is not a parameter of this resource");
}

result<request_path> parse_mitigate(segment_list left) {
  mitigate_path x;
  if (auto text = take(left, "cdid")) {
    auto cdid = parse_identifier("cdid", *text);
    if (!cdid)
      return cdid.error();
    x.cdid = *cdid;
  }
  auto text = take(left, "cuid");
  if (!text && !left.empty())
    return unexpected(left.front());
  if (!text)
    return fail(ec::missing, "cuid", "the path needs a \"cuid=\" segment");
  auto cuid = parse_identifier("cuid", *text);
  if (!cuid)
    return cuid.error();
  x.cuid = *cuid;
  if (auto number = take(left, "mid")) {
    auto mid = parse_number("mid", *number);
    if (!mid)
      return mid.error();
    x.mid = *mid;
  }
  if (!left.empty())
    return unexpected(left.front());
  return request_path{std::move(x)};
}

result<request_path> parse_config(segment_list left) {
  config_path x;
  if (auto number = take(left, "sid")) {
    auto sid = parse_number("sid", *number);
    if (!sid)
      return sid.error();
    x.sid = *sid;
  }
  if (!left.empty())
    return unexpected(left.front());
  return request_path{x};
}

struct segment_maker {
  std::vector<std::string> operator()(const mitigate_path& x) const {
    std::vector<std::string> out{".well-known", "dots", "mitigate"};
    if (x.cdid)
      out.push_back("cdid=" + *x.cdid);
    out.push_back("cuid=" + x.cuid);
    if (x.mid)
      out.push_back("mid=" + std::to_string(*x.mid));
    return out;
  }

  std::vector<std::string> operator()(const config_path& x) const {
    std::vector<std::string> out{".well-known", "dots", "config"};
    if (x.sid)
      out.push_back("sid=" + std::to_string(*x.sid));
    return out;
  }

  std::vector<std::string> operator()(const heartbeat_path&) const {
    return {".well-known", "dots", "hb"};
  }
};

} // namespace

result<request_path> parse_path(segment_list segments) {
  if (segments.size() >= 3 && segments[0] == ".well-known"
      && segments[1] == "dots") {
    auto left = segments.subspan(3);
    if (segments[2] == "mitigate")
      return parse_mitigate(left);
    if (segments[2] == "config")
      return parse_config(left);
    if (segments[2] == "hb") {
      if (!left.empty())
        return unexpected(left.front());
      return request_path{heartbeat_path{}};
    }
  }
  return fail(ec::not_found, "Uri-Path",
              "served are .well-known/dots/ with mitigate, config and hb");
}

content_filter parse_query(segment_list parameters) noexcept {
  auto filter = content_filter::all;
  for (auto x : parameters) {
    if (x == "c=c")
      filter = content_filter::configuration;
    else if (x == "c=n")
      filter = content_filter::non_configuration;
    else if (x == "c=a")
      filter = content_filter::all;
  }
  return filter;
}

result<std::uint32_t> require_mid(const mitigate_path& path) {
  if (path.mid)
    return *path.mid;
  return fail(ec::missing, "mid", "the path needs a \"mid=\" segment");
}

std::vector<std::string> to_segments(const request_path& path) {
  return std::visit(segment_maker{}, path);
}

std::string to_string(const request_path& path) {
  std::string out;
  for (const auto& segment : to_segments(path))
    out += '/' + segment;
  return out;
}

} // namespace tocsin::protocol::signal
