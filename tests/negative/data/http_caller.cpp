#include "tests/negative/data/http_caller.hpp"

#include <charconv>
#include <string_view>

namespace tocsin::test::negative::data {

namespace {

constexpr std::chrono::milliseconds patience{10'000};

std::string lower(std::string_view x) {
  std::string out{x};
  for (auto& c : out)
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

template <class T>
T number(std::string_view text) {
  T out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

std::string text_of(const row& x) {
  if (!x.raw.empty())
    return x.raw;
  auto out = x.method + ' ' + x.path + " HTTP/1.1\r\nHost: server.example\r\n"
             + x.fields;
  if (!x.body.empty() || !x.fields.empty())
    out += "Content-Length: " + std::to_string(x.body.size()) + "\r\n";
  return out + "\r\n" + x.body;
}

} // namespace

std::string answer::field(std::string_view name) const {
  const auto small = lower(head);
  const auto at = small.find("\r\n" + std::string{name} + ": ");
  if (at == std::string::npos)
    return {};
  const auto from = at + name.size() + 4;
  return head.substr(from, head.find("\r\n", from) - from);
}

std::string answer::error_tag() const {
  constexpr std::string_view name = R"("error-tag":")";
  const auto at = body.find(name);
  if (!body.starts_with(R"({"ietf-restconf:errors":{"error":[{)")
      || at == std::string::npos)
    return {};
  const auto from = at + name.size();
  return body.substr(from, body.find('"', from) - from);
}

std::optional<answer> http_caller::play(const row& x) {
  const auto text = text_of(x);
  const bool raw = !x.raw.empty();
  if (!channel_->send(
          {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()})
      && !raw) // a server need not read what it has refused already
    return std::nullopt;
  return receive(x.method != "HEAD");
}

bool http_caller::more() {
  auto next = channel_->receive(patience);
  if (!next)
    return false;
  unread_.append(next->begin(), next->end());
  return true;
}

std::optional<answer> http_caller::receive(bool has_body) {
  constexpr std::string_view end_of_head = "\r\n\r\n";
  answer out;
  std::size_t end = 0;
  while ((end = unread_.find(end_of_head)) == std::string::npos)
    if (!more())
      return std::nullopt;
  out.head = unread_.substr(0, end + 2);
  unread_.erase(0, end + end_of_head.size());
  out.status = number<unsigned>(
      std::string_view{out.head}.substr(std::size("HTTP/1.1")));
  last_ = lower(out.field("connection")) == "close";
  const auto length = number<std::size_t>(out.field("content-length"));
  while (has_body && unread_.size() < length)
    if (!more())
      return std::nullopt;
  out.body = unread_.substr(0, has_body ? length : 0);
  unread_.erase(0, out.body.size());
  return out;
}

// REST-062, REST-149, REST-150, DATA-007
std::string judge(const row& x, const answer& found) {
  const auto& w = x.answer;
  const auto shown =
      std::to_string(found.status) + ' ' + found.body.substr(0, 200);
  if (found.status != w.status
      && (w.or_status == 0 || found.status != w.or_status))
    return "expected " + std::to_string(w.status) + ", found " + shown;
  if (found.field("cache-control").empty())
    return "no Cache-Control";
  if (found.status < 400)
    return {};
  if (found.field("content-type") != "application/yang-data+json")
    return "an error as " + found.field("content-type");
  const auto tag = found.error_tag();
  if (tag.empty())
    return "no error body: " + shown;
  if (!w.tag.empty() && tag != w.tag)
    return "expected " + std::string{w.tag} + ", found " + shown;
  if (found.status == 405 && found.field("allow").empty())
    return "405 without Allow"; // REST-103
  return {};
}

} // namespace tocsin::test::negative::data
