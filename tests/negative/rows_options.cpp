// Options: unknown, of wrong length, surplus, out of range; Observe; blocks.
#include "tests/negative/octets.hpp"

namespace tocsin::test::negative {

namespace {

namespace option = coap::option;

constexpr auto content = coap::code::content;
constexpr auto bad_option = coap::code::bad_option;
constexpr auto bad_request = coap::code::bad_request;

/// A GET of what is there, or a PUT that refreshes it, with options added.
struct option_case {
  std::string_view name;
  coap::option_number number;
  std::string_view value; ///< hexadecimal
  coap::code expected;
  std::size_t count = 1; ///< how often
  coap::code method = coap::code::get;
};

constexpr auto put = coap::code::put;

constexpr option_case cases[]{
    // COAP-041, COAP-042, SIG-369: critical and unknown
    {"unknown critical option 9", 9, "", bad_option},
    {"unknown critical option 2049", 2049, "78", bad_option},
    {"the highest critical option", 65535, "", bad_option},
    {"unknown critical option in a PUT", 2049, "78", bad_option, 1, put},
    {"Q-Block1, which is not served", 19, "08", bad_option, 1, put},
    {"Q-Block2, which is not served", 31, "08", bad_option},
    // COAP-040: elective and unknown
    {"control: unknown elective option 2000", 2000, "78", content},
    {"control: the highest elective option", 65534, "00", content},
    // COAP-043: wrong lengths
    {"If-Match of nine octets", option::if_match, "010203040506070809",
     bad_option, 1, put},
    {"an empty Uri-Host", option::uri_host, "", bad_option},
    {"Uri-Port of three octets", option::uri_port, "000001", bad_option},
    {"Accept of three octets", option::accept, "00010f", bad_option},
    {"Block2 of four octets", option::block2, "00000000", bad_option},
    {"Block1 of four octets", option::block1, "00000000", bad_option, 1, put},
    {"control: an empty ETag is ignored", option::etag, "", content},
    {"control: ETag of nine octets is ignored", option::etag,
     "010203040506070809", content},
    {"control: Observe of four octets is ignored", option::observe, "00000000",
     content},
    {"control: Max-Age of five octets is ignored", option::max_age,
     "0000000001", content},
    {"control: Size1 of five octets is ignored", option::size1, "ffffffffff",
     content},
    // COAP-043: once only
    {"two Accepts", option::accept, "010f", bad_option, 2},
    {"two Uri-Hosts", option::uri_host, "61", bad_option, 2},
    {"two Uri-Ports", option::uri_port, "1226", bad_option, 2},
    {"two Block2s", option::block2, "06", bad_option, 2},
    {"two If-None-Matches", option::if_none_match, "", bad_option, 2, put},
    // COAP-046: understood, though they matter to nobody
    {"control: Uri-Host", option::uri_host, "61", content},
    {"control: Uri-Port", option::uri_port, "1226", content},
    // COAP-053: refused, never ignored
    {"If-None-Match", option::if_none_match, "", bad_option, 1, put},
    {"If-None-Match with a value", option::if_none_match, "01", bad_option, 1,
     put},
    // COAP-047: this is no proxy
    {"Proxy-Uri", option::proxy_uri, "636f61703a2f2f612f",
     coap::code::proxying_not_supported},
    {"Proxy-Scheme", option::proxy_scheme, "636f6170",
     coap::code::proxying_not_supported},
    {"Proxy-Scheme in a PUT", option::proxy_scheme, "636f6170",
     coap::code::proxying_not_supported, 1, put},
    // COAP-049: Accept
    {"Accept of text/plain", option::accept, "", coap::code::not_acceptable},
    {"Accept of CBOR", option::accept, "3c", coap::code::not_acceptable},
    {"Accept of 65535", option::accept, "ffff", coap::code::not_acceptable},
    {"Accept of CBOR in a PUT", option::accept, "3c",
     coap::code::not_acceptable, 1, put},
    {"control: Accept of 271", option::accept, "010f", content},
    // COAP-113, COAP-114: Hop-Limit
    {"Hop-Limit 0", option::hop_limit, "00", bad_request},
    {"an empty Hop-Limit", option::hop_limit, "", bad_request},
    {"Hop-Limit 256", option::hop_limit, "0100", bad_request},
    {"Hop-Limit of nine octets", option::hop_limit, "010000000000000000",
     bad_request},
    {"Hop-Limit 0 in a PUT", option::hop_limit, "00", bad_request, 1, put},
    {"control: Hop-Limit 1", option::hop_limit, "01", content},
    {"control: Hop-Limit 255", option::hop_limit, "ff", content},
    {"control: leading zeros of an uint", option::hop_limit, "000001", content},
    // COAP-066, COAP-068: Observe that means nothing
    {"control: Observe 2 is no registration", option::observe, "02", content},
    {"control: Observe beyond all", option::observe, "ffffff", content},
    {"control: Observe 1 of an unknown token", option::observe, "01", content},
    {"control: Observe in a PUT", option::observe, "", coap::code::changed, 1,
     put},
    // SIG-154: `c` is never refused
    {"control: an unknown filter", option::uri_query, "633d78", content},
    {"control: an unknown query", option::uri_query, "783d79", content},
    {"control: an empty query", option::uri_query, "", content},
    // SIG-375: Content-Format
    {"control: a Content-Format of three octets is ignored",
     option::content_format, "00003c", content},
};

row with_option(const option_case& x) {
  auto out =
      request(std::string{x.name}, x.method, known_path,
              x.method == put ? good_body() : bytes{}, answered(x.expected));
  for (std::size_t i = 0; i < x.count; ++i)
    out.options.add(x.number, octets(x.value));
  return out;
}

/// A PUT with another Content-Format.
row with_format(std::string name, std::uint64_t format, coap::code expected) {
  auto out = request(std::move(name), put, known_path, good_body(),
                     answered(expected));
  out.options = path_options(known_path, false);
  out.options.add_uint(option::content_format, format);
  return out;
}

/// A GET with Observe 0 of what nobody may observe.
row observing(std::string name, std::string_view path, coap::code expected) {
  auto out =
      request(std::move(name), coap::code::get, path, {}, answered(expected));
  out.options.add_uint(option::observe, 0);
  return out;
}

struct block_case {
  std::string_view name;
  coap::code method;
  std::string_view path;
  coap::option_number number;
  std::uint64_t value; ///< NUM, M, SZX
  std::size_t payload;
  coap::code expected;
};

constexpr std::uint64_t block(std::uint64_t num, bool more, unsigned szx) {
  return num << 4 | (more ? 8u : 0u) | szx;
}

constexpr auto incomplete = coap::code::request_incomplete;
constexpr auto too_large = coap::code::too_large;
constexpr std::string_view in_blocks = "mitigate/cuid=neg/mid=501";

constexpr block_case blocks[]{
    // COAP-084: reserved over UDP; over TCP BERT, which we did not offer
    {"Block1 with SZX 7", put, in_blocks, option::block1, block(0, true, 7),
     1024, bad_request},
    {"Block2 with SZX 7", coap::code::get, known_path, option::block2,
     block(0, false, 7), 0, bad_request},
    // COAP-091, SIG-372: blocks that do not follow
    {"the last block without any before", put, in_blocks, option::block1,
     block(3, false, 2), 20, incomplete},
    {"the second block first", put, in_blocks, option::block1,
     block(1, true, 2), 64, incomplete},
    // COAP-085: with more to come, a payload is one block
    {"a first block that is too short", put, in_blocks, option::block1,
     block(0, true, 2), 63, bad_request},
    {"a first block that is too long", put, in_blocks, option::block1,
     block(0, true, 2), 65, bad_request},
    {"a first block without payload", put, in_blocks, option::block1,
     block(0, true, 2), 0, bad_request},
    // COAP-090: the control, and what must not follow it
    {"control: a first block is taken", put, in_blocks, option::block1,
     block(0, true, 2), 64, coap::code::continue_},
    {"a block is left out", put, in_blocks, option::block1, block(2, true, 2),
     64, incomplete},
    {"the last block is there before the second", put, in_blocks,
     option::block1, block(5, false, 2), 10, incomplete},
    // COAP-092, SIG-374: beyond what a body may have
    {"a block far behind the limit", put, in_blocks, option::block1,
     block(0xfffff, true, 2), 64, too_large},
    {"the last block far behind the limit", put, in_blocks, option::block1,
     block(0xfffff, false, 6), 100, too_large},
    {"a block that is gone after that", put, in_blocks, option::block1,
     block(1, true, 2), 64, incomplete},
    // COAP-087: blocks of answers which do not exist
    {"a block behind the end of an answer", coap::code::get, known_path,
     option::block2, block(50, false, 2), 0, bad_request},
    {"the highest block of an answer", coap::code::get, known_path,
     option::block2, block(0xfffff, false, 6), 0, bad_request},
    // COAP-086: M in a request for a block means nothing
    {"control: Block2 with M", coap::code::get, known_path, option::block2,
     block(0, true, 2), 0, content},
    {"a body of one block that is no CBOR", put, in_blocks, option::block1,
     block(0, false, 2), 9, bad_request},
};

} // namespace

void add_options(table& to) {
  for (const auto& x : cases)
    to.push_back(with_option(x));
  // SIG-375, COAP-048
  constexpr auto unsupported = coap::code::unsupported_format;
  to.push_back(with_format("a PUT of text/plain", 0, unsupported));
  to.push_back(with_format("a PUT of CBOR", 60, unsupported));
  to.push_back(with_format("a PUT of JSON", 50, unsupported));
  to.push_back(with_format("a PUT of format 65535", 65535, unsupported));
  // SIG-013
  auto none = with_format("control: no Content-Format", 0, coap::code::changed);
  none.options = path_options(known_path, false);
  to.push_back(none);
  auto two = with_format("control: a second Content-Format is ignored", 271,
                         coap::code::changed);
  two.options.add_uint(option::content_format, 60);
  to.push_back(two);
  // COAP-070: a refusal registers nothing
  to.push_back(observing("Observe of an unknown mid",
                         "mitigate/cuid=neg/mid=77", coap::code::not_found));
  to.push_back(observing("Observe of an unknown cuid", "mitigate/cuid=nobody",
                         coap::code::not_found));
  to.push_back(observing("Observe of an unknown sid", "config/sid=77",
                         coap::code::not_found));
  to.push_back(
      observing("Observe of hb", "hb", coap::code::method_not_allowed));
}

void add_blocks(table& to) {
  for (const auto& x : blocks) {
    auto one = request(std::string{x.name}, x.method, x.path,
                       bytes(x.payload, 0xff), answered(x.expected));
    if (x.method == put && x.payload == 0)
      one.options = path_options(x.path);
    one.options.add_uint(x.number, x.value);
    to.push_back(one);
  }
  auto announced = request("Size1 beyond the limit", put, in_blocks,
                           bytes(64, 0xff), answered(too_large));
  announced.options.add_uint(option::block1, block(0, true, 2));
  announced.options.add_uint(option::size1, 0xffffffff);
  to.push_back(announced);
}

} // namespace tocsin::test::negative
