#include "transports/http_reader.hpp"

namespace tocsin::transports {

namespace {

// Beside the target: a method, two spaces and the version.
constexpr std::size_t first_line_rest = 64;

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

bool ends_in_version(std::string_view line) noexcept {
  constexpr std::string_view form = " HTTP/1.1";
  if (line.size() < form.size())
    return false;
  auto end = line.substr(line.size() - form.size());
  return end.substr(0, 6) == form.substr(0, 6) && is_digit(end[6])
         && end[7] == '.' && is_digit(end[8]);
}

} // namespace

std::size_t http_head_scan::scan(byte_view in,
                                 const http_message_limits& limits,
                                 bool request) {
  auto first_line_limit = request ? limits.target + first_line_rest : SIZE_MAX;
  for (; scanned_ < in.size() && !problem_; ++scanned_) {
    if (scanned_ >= limits.header)
      refuse(431, "the header is too large");
    else if (lines_ == 0 && scanned_ >= first_line_limit)
      refuse(414, "the target is too long");
    else if (in[scanned_] == 0)
      refuse(400, "the header has a NUL");
    else if (in[scanned_] != '\n' && scanned_ > 0 && in[scanned_ - 1] == '\r')
      refuse(400, "a CR is not followed by LF");
    else if (in[scanned_] == '\n') {
      if (scanned_ == line_ || in[scanned_ - 1] != '\r') {
        refuse(400, "a line does not end in CR LF");
        break;
      }
      auto line = as_text(in.subspan(line_, scanned_ - 1 - line_));
      line_ = scanned_ + 1;
      if (lines_ > 0 && line.empty())
        return ++scanned_;
      end_line(line);
      if (lines_ > limits.fields + 1)
        refuse(431, "there are too many header fields");
    }
  }
  return 0;
}

void http_head_scan::end_line(std::string_view line) {
  if (lines_++ == 0)
    names_version_ = ends_in_version(line);
  if (line.empty())
    refuse(400, "this is not HTTP/1.1");
  else if (line.front() == ' ' || line.front() == '\t')
    refuse(400, "a header field goes on in the next line");
}

std::optional<http_problem> check_framing(const http_fields& fields,
                                          unsigned version) {
  auto lengths = fields.count("content-length");
  auto codings = fields.count("transfer-encoding");
  if (lengths > 1)
    return http_problem{400, "Content-Length occurs twice"};
  if (lengths > 0 && codings > 0)
    return http_problem{400, "Content-Length besides Transfer-Encoding"};
  if (lengths > 0) {
    const auto& text = *fields.find("content-length");
    // Lists and signs are what others may read otherwise.
    if (text.empty() || !std::ranges::all_of(text, is_digit))
      return http_problem{400, "Content-Length is not a number"};
  }
  if (codings == 0)
    return {};
  if (version < 11)
    return http_problem{400, "HTTP/1.0 has no Transfer-Encoding"};
  if (codings > 1
      || http_lower_case(*fields.find("transfer-encoding")) != "chunked")
    return http_problem{501, "only the transfer coding chunked is known here"};
  return {};
}

} // namespace tocsin::transports
