#pragma once
// Reads one HTTP message from a stream; for the sources of this directory.
#include "protocol/bytes.hpp"
#include "transports/http_message.hpp"

#include <utility> // before asio: Boost 1.74 forgets it

#include <boost/beast/http/basic_parser.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

namespace tocsin::transports {

/// Why a message is refused: the status to answer it with, and a sentence.
struct http_problem {
  unsigned status = 400;
  std::string_view detail; ///< a literal
};

/// Looks for the end of a header, and refuses what two implementations may
/// understand in two ways, which is what smuggled requests are made of: lines
/// that do not end in CR LF, a CR within, lines that continue the one before
/// (RFC 9112, Section 2.2 and 5.2).
class http_head_scan {
public:
  /// `in`: all octets of the header so far. Returns its length once it is
  /// complete, else 0.
  std::size_t scan(byte_view in, const http_message_limits& limits,
                   bool request);

  const std::optional<http_problem>& problem() const noexcept {
    return problem_;
  }

  /// Does the first line end in a version of HTTP, whichever?
  bool names_version() const noexcept { return names_version_; }

private:
  void end_line(std::string_view line);
  void refuse(unsigned status, std::string_view detail) {
    problem_ = http_problem{status, detail};
  }

  std::size_t scanned_ = 0;
  std::size_t line_ = 0;  // where the present line begins
  std::size_t lines_ = 0; // complete ones
  bool names_version_ = false;
  std::optional<http_problem> problem_;
};

/// Are the framing fields of a message beyond doubt (RFC 9112, Section 6)?
std::optional<http_problem> check_framing(const http_fields& fields,
                                          unsigned version);

/// One message: the grammar is Boost.Beast's, what is made of it is ours.
template <bool IsRequest>
class http_reader final : private boost::beast::http::basic_parser<IsRequest> {
  using base = boost::beast::http::basic_parser<IsRequest>;
  using error_code = boost::beast::error_code;
  using string_view = boost::beast::string_view;

public:
  /// `no_body`: the response to a HEAD request.
  explicit http_reader(const http_message_limits& limits, bool no_body = false)
      : limits_{limits} {
    this->header_limit(UINT32_MAX); // ours was checked before
    this->body_limit(limits.body);
    this->skip(no_body);
  }

  /// Reads from the front of `in`, all octets since what the last call took.
  /// Returns how many it took; more can be done until that is none. The header
  /// is taken alone, so that it can be judged before its body.
  std::size_t read(byte_view in) {
    if (!head_done_)
      return read_head(in);
    return problem_ || this->is_done() ? 0 : put_some(in);
  }

  /// The stream has ended.
  void end_of_stream() {
    if (problem_ || done())
      return;
    error_code error;
    if (head_done_)
      this->put_eof(error);
    if (!head_done_ || error)
      problem_ = http_problem{400, "the message is not complete"};
  }

  bool begun() const noexcept { return begun_; }
  bool head_done() const noexcept { return head_done_; }
  bool done() const { return head_done_ && !problem_ && this->is_done(); }
  bool body_begun() const noexcept { return body_begun_; }
  bool keeps_alive() const { return this->keep_alive(); }
  const std::optional<http_problem>& problem() const noexcept {
    return problem_;
  }

  std::string method, target; // of a request
  unsigned status = 0;        // of a response
  unsigned version = 11;
  http_fields fields;
  std::string body;

private:
  // Framing of a chunk, and trailers, of which nobody has need.
  static constexpr std::size_t max_chunk_frame = 4096;

  std::size_t read_head(byte_view in) {
    begun_ = begun_ || !in.empty();
    auto size = scan_.scan(in, limits_, IsRequest);
    problem_ = scan_.problem();
    if (problem_ || size == 0)
      return 0;
    put(in.first(size));
    head_done_ = true;
    if (!problem_ && !this->is_header_done())
      problem_ = http_problem{400, "this is not HTTP/1.1"};
    if (!problem_)
      problem_ = check_framing(fields, version);
    return size;
  }

  // Of the body. Frames of chunks are seen through a window, so that their
  // limit does not depend on how octets come.
  std::size_t put_some(byte_view in) {
    if (!this->chunked())
      return in.empty() ? 0 : put(in);
    // What ends a chunked body has five octets at least; of less, Beast's
    // parser asserts that it does not happen. It takes one frame, or what there
    // is of the data in a chunk, at a time: the check holds for each.
    if (in.size() < 5)
      return 0;
    auto window = in.first(std::min(in.size(), max_chunk_frame));
    auto taken = data_left_ > 0 || frame_ready(window) ? put(window) : 0;
    if (taken == 0 && !problem_ && window.size() == max_chunk_frame)
      problem_ = http_problem{400, "the framing of a chunk is too large"};
    return taken;
  }

  // Is the first line of a frame complete, and any string in it, too? Else
  // Beast's parser would look for its end in the lines that follow.
  bool frame_ready(byte_view in) {
    auto text = as_text(in);
    auto end = text.find("\r\n", first_chunk_ ? 0 : 2);
    if (end == text.npos)
      return false;
    if (std::ranges::count(text.substr(0, end), '"') % 2 != 0)
      problem_ = http_problem{400, "a chunk extension has no end"};
    return !problem_;
  }

  std::size_t put(byte_view in) {
    error_code error;
    auto taken = base::put({in.data(), in.size()}, error);
    namespace http = boost::beast::http;
    if (error && error != http::error::need_more && !problem_)
      problem_ = describe(error);
    return taken;
  }

  http_problem describe(error_code error) const {
    namespace http = boost::beast::http;
    if (error == http::error::body_limit)
      return {413, "the body is too large"};
    if (error == http::error::bad_version && scan_.names_version())
      return {505, "only HTTP/1.1 is spoken here"};
    if (error == http::error::bad_content_length)
      return {400, "the length of the body is in doubt"};
    return {400, "this is not HTTP/1.1"};
  }

  void on_request_impl(boost::beast::http::verb, string_view verb,
                       string_view where, int number,
                       error_code& error) override {
    method = verb.to_string();
    target = where.to_string();
    version = static_cast<unsigned>(number);
    if (target.size() <= limits_.target)
      return;
    problem_ = http_problem{414, "the target is too long"};
    error = boost::beast::http::error::bad_target;
  }

  void on_response_impl(int code, string_view, int number,
                        error_code& error) override {
    status = static_cast<unsigned>(code);
    version = static_cast<unsigned>(number);
    if (status < 100 || status > 599)
      error = boost::beast::http::error::bad_status;
  }

  void on_field_impl(boost::beast::http::field, string_view name,
                     string_view value, error_code&) override {
    if (head_done_)
      return; // a trailer: nobody asked for it
    fields.add({name.data(), name.size()}, value.to_string());
  }

  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&,
                         error_code&) override {}

  std::size_t on_body_impl(string_view piece, error_code& error) override {
    body_begun_ = body_begun_ || !piece.empty();
    if (body.size() + piece.size() > limits_.body) {
      error = boost::beast::http::error::body_limit;
      return 0;
    }
    body.append(piece.data(), piece.size());
    return piece.size();
  }

  void on_chunk_header_impl(std::uint64_t size, string_view extensions,
                            error_code& error) override {
    first_chunk_ = false;
    data_left_ = size;
    if (!is_http_value({extensions.data(), extensions.size()}))
      error = boost::beast::http::error::bad_chunk_extension;
  }

  std::size_t on_chunk_body_impl(std::uint64_t, string_view piece,
                                 error_code& error) override {
    auto taken = on_body_impl(piece, error);
    data_left_ -= taken;
    return taken;
  }

  void on_finish_impl(error_code&) override {}

  const http_message_limits limits_;
  http_head_scan scan_;
  std::optional<http_problem> problem_;
  bool begun_ = false;
  bool head_done_ = false;
  bool body_begun_ = false;
  bool first_chunk_ = true;
  std::uint64_t data_left_ = 0; // in the present chunk
};

} // namespace tocsin::transports
