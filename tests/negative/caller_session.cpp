#include "tests/negative/caller_session.hpp"

#include "protocol/coap/codec.hpp"
#include "tests/negative/octets.hpp"

namespace tocsin::test::negative {

namespace {

using std::chrono::milliseconds;

/// The answer to anything comes in milliseconds; a busy machine gets more.
constexpr milliseconds patience{10'000};

constexpr auto csm = coap::make_code(7, 1);
constexpr auto abort_code = coap::make_code(7, 5);
constexpr unsigned signaling = 7;

/// The token of a raw message, if its answer has one.
const coap::token& raw_token() {
  static const coap::token x{as_octets("a")};
  return x;
}

std::string described(const coap::message& x) {
  auto text = coap::code_string(x.code);
  if (!x.payload.empty() && !x.options.contains(coap::option::content_format))
    text += " \"" + std::string{as_text(x.payload)} + '"';
  return text;
}

/// SIG-017, SIG-016, SIG-373, COAP-054: what any answer must look like.
std::string judge_form(const coap::message& x) {
  const auto format = x.options.find_uint(coap::option::content_format);
  if (x.options.contains(coap::option::observe))
    return "the answer has an Observe option";
  if (coap::class_of(x.code) == signaling)
    return {};
  if (coap::is_success(x.code) || x.code == coap::code::conflict)
    return x.payload.empty() == !format.has_value()
                   && format.value_or(coap::dots_cbor) == coap::dots_cbor
               ? ""
               : "the body of " + described(x)
                     + " is not application/dots+cbor";
  if (x.payload.empty() || format)
    return described(x) + " has no diagnostic payload";
  return {};
}

} // namespace

result<std::unique_ptr<caller_session>>
caller_session::open(const call_target& where, bool stream, bool introduce) {
  auto to = stream ? open_tls(where) : open_dtls(where);
  if (!to)
    return to.error();
  std::unique_ptr<caller_session> out{
      new caller_session{*std::move(to), stream}};
  if (stream && introduce)
    out->channel_->send(octets("00 e1"));
  return out;
}

caller_session::caller_session(std::unique_ptr<channel> to, bool stream)
    : channel_{std::move(to)}, stream_{stream}, reader_{64 * 1024} {}

void caller_session::close() {
  channel_->close();
  over_ = true;
}

std::string caller_session::play(const row& x) {
  send(x);
  return judge(x);
}

coap::code caller_session::ask(const row& x) {
  send(x);
  const auto found = next();
  return found && found->token == token_ ? found->code : coap::code::empty;
}

void caller_session::send(const row& x) {
  ++sent_;
  ++mid_;
  token_ = coap::token{++number_};
  const auto& raw = stream_ ? x.raw_stream : x.raw_datagram;
  bytes out = raw;
  if (!raw.empty()) {
    token_ = raw_token();
    if (!stream_ && raw.size() >= 4)
      coap::set_mid(out, mid_);
  } else if (stream_) {
    (void)coap::serialise_frame(x.code, token_, x.options, x.payload, out);
  } else {
    (void)coap::serialise({1, x.type, 0, x.code, mid_}, token_, x.options,
                          x.payload, out);
  }
  channel_->send(out);
}

/// The next message that is no heartbeat of the server's.
std::optional<coap::message> caller_session::next() {
  for (;;) {
    auto x = next_message();
    if (x && is_heartbeat(*x))
      continue;
    found_ = x ? described(*x) : "nothing";
    return x;
  }
}

std::optional<coap::message> caller_session::next_message() {
  if (!stream_) {
    const auto datagram = channel_->receive(patience);
    auto x = datagram ? coap::parse(*datagram)
                      : result<coap::message>{fail(ec::timeout, "", "")};
    return x ? std::optional{*std::move(x)} : std::nullopt;
  }
  for (;;) {
    auto rest = byte_view{piece_}.subspan(read_);
    const auto frame = reader_.next(rest);
    read_ = piece_.size() - rest.size();
    if (!frame)
      return std::nullopt;
    if (*frame) {
      auto x = coap::parse_frame(**frame);
      return x ? std::optional{*std::move(x)} : std::nullopt;
    }
    auto more = channel_->receive(patience);
    if (!more)
      return std::nullopt;
    piece_ = *std::move(more);
    read_ = 0;
  }
}

/// Answered, as a good client would; so is the CSM, by nothing.
bool caller_session::is_heartbeat(const coap::message& x) {
  if (stream_ && x.code == csm)
    return true;
  if (x.code != coap::code::put)
    return false;
  bytes out;
  if (stream_)
    (void)coap::serialise_frame(coap::code::changed, x.token, {}, {}, out);
  else
    (void)coap::serialise({1, coap::type::non, 0, coap::code::changed, ++mid_},
                          x.token, {}, {}, out);
  return channel_->send(out);
}

std::string caller_session::judge(const row& x) {
  const auto& wanted = stream_ ? x.on_stream : x.on_datagram;
  switch (wanted.what) {
  case reaction::silence:
    return judge_silence();
  case reaction::abort:
    return judge_end();
  case reaction::skip:
    return {};
  case reaction::answer:
  case reaction::reset:
    break;
  }
  const auto found = next();
  if (!found)
    return channel_->over() ? "the session ended" : "nothing came of it";
  if (wanted.what == reaction::answer)
    return judge_answer(x, *found);
  if (found->type != coap::type::rst || found->code != coap::code::empty)
    return "RST expected, " + described(*found) + " came";
  return found->mid == mid_ ? "" : "RST with another message id";
}

std::string caller_session::judge_answer(const row& x,
                                         const coap::message& found) const {
  const auto& wanted = stream_ ? x.on_stream : x.on_datagram;
  if (!stream_ && found.type == coap::type::rst)
    return coap::code_string(wanted.code) + " expected, RST came";
  if (found.code != wanted.code)
    return coap::code_string(wanted.code) + " expected, " + described(found)
           + " came";
  if (!(found.token == token_))
    return described(found) + " has another token";
  if (!stream_ && x.type == coap::type::con
      && (found.type != coap::type::ack || found.mid != mid_))
    return described(found) + " is not in the acknowledgement";
  if (!stream_ && x.type == coap::type::non && found.type != coap::type::non)
    return described(found) + " is not Non-confirmable";
  return judge_form(found);
}

/// What is asked behind the row passes the same queues, so that whatever comes
/// of the row comes before its answer.
std::string caller_session::judge_silence() {
  send(request({}, coap::code::get, known_path, {}, {}));
  const auto found = next();
  if (!found)
    return "the session does not go on";
  if (found->token == token_ && found->code == coap::code::content)
    return {};
  return "silence expected, " + described(*found) + " came";
}

std::string caller_session::judge_end() {
  const auto found = next();
  if (!found)
    return "Abort expected, nothing came";
  if (found->code != abort_code)
    return "Abort expected, " + described(*found) + " came";
  if (found->payload.empty())
    return "the Abort does not say why";
  if (next() || !channel_->over())
    return "the connection is open behind the Abort";
  over_ = true;
  return {};
}

} // namespace tocsin::test::negative
