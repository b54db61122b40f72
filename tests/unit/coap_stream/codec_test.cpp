// Frames: lengths, pieces, and what is no frame.
#include "harness.hpp"

namespace tocsin::protocol::coap {

namespace {

struct cut {
  std::vector<bytes> frames;
  std::optional<ec> error;
  std::size_t most_buffered = 0;
};

/// Feeds `stream` in pieces of `size`.
cut feed(byte_view stream, std::size_t size, std::size_t bound = 100'000) {
  cut x;
  frame_reader reader{bound};
  while (!stream.empty()) {
    auto piece = stream.first(std::min(size, stream.size()));
    stream = stream.subspan(piece.size());
    for (;;) {
      const auto frame = reader.next(piece);
      x.most_buffered = std::max(x.most_buffered, reader.buffered());
      if (!frame) {
        x.error = frame.error().code;
        return x;
      }
      if (!*frame)
        break;
      x.frames.emplace_back((*frame)->begin(), (*frame)->end());
    }
  }
  return x;
}

message with_payload(std::size_t size) {
  auto x = signal_of(code::content, "7f");
  x.payload.assign(size, 0xab);
  return x;
}

} // namespace

// COAP-099
TEST(stream_codec, smallest_response_is_read) {
  const auto x = parse_frame(hex("01 43 7f"));
  ASSERT_TRUE(x);
  EXPECT_EQ(x->code, code::valid);
  EXPECT_EQ(x->token, token{hex("7f")});
  EXPECT_TRUE(x->options.empty() && x->payload.empty());
}

// COAP-099
TEST(stream_codec, heartbeat_of_the_reference_table_is_read_and_written) {
  const auto x = parse_frame(heartbeat);
  ASSERT_TRUE(x);
  EXPECT_EQ(x->code, code::put);
  EXPECT_EQ(x->token, token{hex("cafebabf")});
  EXPECT_EQ(x->options.count(option::uri_path), 3u);
  EXPECT_EQ(x->options.find_uint(option::content_format), dots_cbor);
  EXPECT_EQ(x->payload, hex("A1 18 31 A1 18 33 F5"));
  EXPECT_EQ(wire(*x), heartbeat);
}

// COAP-099
TEST(stream_codec, length_takes_the_shortest_form_at_each_boundary) {
  const struct {
    std::size_t content; // marker and payload
    const char* begin;
  } rows[]{{0, "01"},
           {12, "c1"},
           {13, "d100"},
           {268, "d1ff"},
           {269, "e10000"},
           {270, "e10001"},
           {65804, "e1ffff"},
           {65805, "f100000000"},
           {65806, "f100000001"}};
  for (const auto& row : rows) {
    const auto x = with_payload(row.content == 0 ? 0 : row.content - 1);
    const auto octets = wire(x);
    auto begin = hex(row.begin);
    begin.insert(begin.end(), {0x45, 0x7f});
    ASSERT_GE(octets.size(), begin.size());
    EXPECT_EQ(bytes(octets.begin(),
                    octets.begin() + static_cast<std::ptrdiff_t>(begin.size())),
              begin);
    EXPECT_EQ(octets.size(), begin.size() + row.content);
    const auto size = frame_size(octets);
    ASSERT_TRUE(size && *size);
    EXPECT_EQ(**size, octets.size());
    const auto again = parse_frame(octets);
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, x);
  }
}

// COAP-099
TEST(stream_codec, stream_is_cut_into_the_same_frames_whatever_the_pieces) {
  std::vector<bytes> frames{hex("00e1"), heartbeat, hex("0000")};
  for (const auto size : {12u, 13u, 268u, 269u, 3000u})
    frames.push_back(wire(with_payload(size)));
  bytes stream;
  for (const auto& x : frames)
    stream.insert(stream.end(), x.begin(), x.end());
  for (std::size_t size = 1; size < 400; ++size)
    EXPECT_EQ(feed(stream, size).frames, frames) << size;
  EXPECT_EQ(feed(stream, stream.size()).frames, frames);
}

TEST(stream_codec, no_prefix_of_a_frame_is_a_frame) {
  for (const auto& x : {heartbeat, wire(with_payload(300))})
    for (std::size_t size = 0; size < x.size(); ++size) {
      const auto piece = byte_view{x}.first(size);
      const auto got = feed(piece, 1);
      EXPECT_TRUE(got.frames.empty() && !got.error) << size;
      EXPECT_FALSE(parse_frame(piece)) << size;
    }
}

// COAP-106
TEST(stream_codec, reserved_token_length_is_seen_in_the_first_octet) {
  for (std::uint8_t length = 0; length < 16; ++length)
    EXPECT_EQ(feed(bytes{length}, 1).error,
              length > 8 ? std::optional{ec::malformed} : std::nullopt);
}

// COAP-101
TEST(stream_codec, frame_beyond_the_bound_is_refused_before_its_content) {
  const auto exact = wire(with_payload(600));
  const auto bound = exact.size();
  EXPECT_EQ(feed(exact, 1, bound).frames.size(), 1u);
  EXPECT_EQ(feed(exact, 1, bound).most_buffered, bound);
  for (const auto piece : {1u, 7u, 1000u}) {
    const auto got = feed(exact, piece, bound - 1);
    EXPECT_EQ(got.error, ec::too_large);
    EXPECT_LE(got.most_buffered, 7u);
  }
  EXPECT_EQ(feed(hex("ff ffffffff"), 1).error, ec::malformed);
  EXPECT_EQ(feed(hex("f0 ffffffff"), 1).error, ec::too_large);
}

TEST(stream_codec, broken_content_is_malformed) {
  for (const char* text : {
           "10 45 ff",           // marker without payload
           "10 45 f0",           // reserved option delta
           "10 45 0f",           // reserved option length
           "10 45 05",           // value is missing
           "10 45 d0",           // extended delta is missing
           "60 45 e0 ffff e0 ff" // cut off
       })
    EXPECT_FALSE(parse_frame(hex(text))) << text;
}

TEST(stream_codec, options_of_a_frame_are_bounded) {
  auto x = signal_of(code::get);
  for (std::size_t i = 0; i < max_frame_options; ++i)
    x.options.add(option::uri_query);
  EXPECT_TRUE(parse_frame(wire(x)));
  x.options.add(option::uri_query);
  const auto y = parse_frame(wire(x));
  ASSERT_FALSE(y);
  EXPECT_EQ(y.error().code, ec::too_large);
}

TEST(stream_codec, option_that_the_format_cannot_express_is_not_written) {
  option_list options;
  options.add(option::uri_path, bytes(65535 + 269));
  bytes out{1};
  EXPECT_TRUE(serialise_frame(code::get, {}, options, {}, out));
  options = {};
  options.add(option::uri_path, bytes(65535 + 270));
  out = {1};
  EXPECT_FALSE(serialise_frame(code::get, {}, options, {}, out));
  EXPECT_EQ(out, bytes{1});
}

} // namespace tocsin::protocol::coap
