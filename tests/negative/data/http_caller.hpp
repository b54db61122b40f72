#pragma once
#include "tests/negative/channel.hpp"
#include "tests/negative/data/row.hpp"

#include <memory>
#include <optional>
#include <string>

namespace tocsin::test::negative::data {

/// As much of an HTTP answer as is judged.
struct answer {
  unsigned status = 0;
  std::string head; ///< status line and header fields
  std::string body;

  /// The value of a field, or empty.
  std::string field(std::string_view name) const;
  /// The first error-tag of the body, or empty.
  std::string error_tag() const;
};

/// One connection of one agent. Blocks; one thread.
class http_caller {
public:
  explicit http_caller(std::unique_ptr<channel> through)
      : channel_{std::move(through)} {}

  /// Sends a row; nothing if there is no whole answer within the patience.
  std::optional<answer> play(const row& x);

  /// Has the server ended the connection, or said that it will?
  bool over() const { return last_ || channel_->over(); }

  void close() { channel_->close(); }

private:
  std::optional<answer> receive(bool has_body);
  bool more();

  std::unique_ptr<channel> channel_;
  std::string unread_;
  bool last_ = false;
};

/// What is wrong with an answer; empty: nothing.
std::string judge(const row& x, const answer& found);

} // namespace tocsin::test::negative::data
