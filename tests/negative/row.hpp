#pragma once
#include "protocol/coap/message.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Requests that a server must not take, and what must come of each.
namespace tocsin::test::negative {

namespace coap = protocol::coap;

/// Whose session a request uses.
enum class caller : std::uint8_t {
  customer, ///< its mitigation is there: see `prelude`
  sibling,  ///< another client of the same customer
  stranger, ///< a good certificate that belongs to no customer
};

enum class reaction : std::uint8_t {
  answer,  ///< a response with the token, and with `code`
  silence, ///< nothing, and the session goes on
  reset,   ///< RST; datagrams
  abort,   ///< Abort (7.05), and the connection is closed; streams
  skip,    ///< the transport cannot express it, or it means something else
};

struct outcome {
  reaction what = reaction::answer;
  coap::code code = coap::code::bad_request;
};

constexpr outcome silence{reaction::silence, coap::code::empty};
constexpr outcome reset{reaction::reset, coap::code::empty};
constexpr outcome aborted{reaction::abort, coap::code::empty};
constexpr outcome skipped{reaction::skip, coap::code::empty};
constexpr outcome answered(coap::code x) {
  return {reaction::answer, x};
}

/// One row of the table: a message, well formed or not.
struct row {
  std::string name;
  caller who = caller::customer;
  coap::type type = coap::type::non;
  coap::code code = coap::code::put;
  coap::option_list options;
  bytes payload;

  /// Sent instead of all that, if there are any: a datagram, whose octets 2
  /// and 3 become a fresh message id if it has them; or octets of the stream.
  bytes raw_datagram;
  bytes raw_stream;

  /// Streams: on a new connection, as the first octets.
  bool instead_of_csm = false;

  outcome on_datagram = answered(coap::code::bad_request);
  outcome on_stream = on_datagram;
};

using table = std::vector<row>;

// Each adds the rows of one area.
void add_paths(table& to);
void add_options(table& to);
void add_blocks(table& to);
void add_messages(table& to);
void add_frames(table& to);
void add_cbor(table& to);
void add_types(table& to);
void add_values(table& to);
void add_rights(table& to);
void add_heartbeats(table& to);
void add_configuration(table& to);

/// All of them.
table all_rows();

/// The name of the customer's client, and of its mitigation.
inline constexpr std::string_view client_path = "mitigate/cuid=neg";
inline constexpr std::string_view known_path = "mitigate/cuid=neg/mid=100";
/// A mid that no row may bring to life.
inline constexpr std::string_view unborn_path = "mitigate/cuid=neg/mid=500";

/// What the table takes for granted, before the first row: a mitigation under
/// `known_path`, a configuration with sid 10. Each may be sent again.
table prelude();

/// What must be so after the last row: the server answers, the mitigation is
/// there, and nothing else came of any row.
table epilogue();

} // namespace tocsin::test::negative
