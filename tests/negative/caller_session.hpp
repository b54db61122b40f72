#pragma once
#include "protocol/coap/stream_codec.hpp"
#include "tests/negative/channel.hpp"
#include "tests/negative/row.hpp"

#include <memory>
#include <optional>
#include <string>

namespace tocsin::test::negative {

/// One caller's session with the server, over which rows are sent and judged.
/// It answers the server's heartbeats, and takes any other message that it has
/// not asked for as a fault.
class caller_session {
public:
  /// `introduce`: over a stream, begin with a CSM.
  static result<std::unique_ptr<caller_session>>
  open(const call_target& where, bool stream, bool introduce = true);

  /// Sends a row; what is wrong with what came of it, or an empty text.
  std::string play(const row& x);

  /// The code of the answer to a well-formed row, `empty` if there is none.
  coap::code ask(const row& x);

  /// What came of the last row, for people.
  const std::string& found() const { return found_; }

  /// Did the last row end the session, as it should?
  bool over() const { return over_; }

  void close();

  /// Messages to the server so far. The server answers a NON by a NON with a
  /// message id of its own, of which it has 65,536 in EXCHANGE_LIFETIME (RFC
  /// 7252, Section 4.4): with much more than this it has to fall silent.
  std::uint32_t sent() const { return sent_; }
  static constexpr std::uint32_t most_messages = 50'000;

private:
  caller_session(std::unique_ptr<channel> to, bool stream);

  void send(const row& x);
  std::optional<coap::message> next();
  std::optional<coap::message> next_message();
  std::string judge(const row& x);
  std::string judge_answer(const row& x, const coap::message& found) const;
  std::string judge_silence();
  std::string judge_end();
  bool is_heartbeat(const coap::message& x);

  std::unique_ptr<channel> channel_;
  bool stream_;
  std::string found_;
  bool over_ = false;
  std::uint32_t sent_ = 0;
  std::uint16_t mid_ = 0;
  std::uint64_t number_ = 0; ///< of the last request, for its token
  coap::token token_;        ///< of the last request
  coap::frame_reader reader_;
  bytes piece_; ///< of the stream, and how much of it was read
  std::size_t read_ = 0;
};

} // namespace tocsin::test::negative
