// Arbitrary octets as the answer of a DNS server: what is taken from them are
// no more addresses than fit, of the family that was asked for.
#include "transports/dns_query.hpp"

#include <cstdint>
#include <cstdlib>

using namespace tocsin;
using namespace tocsin::transports;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  if (size == 0)
    return 0;
  auto type = data[0] & 1 ? dns_type::aaaa : dns_type::a;
  auto family = type == dns_type::a ? protocol::signal::prefix::family::ipv4
                                    : protocol::signal::prefix::family::ipv6;
  auto found =
      read_dns_answer({data + 1, size - 1}, "dots.north.example", type, 77);
  if (!found)
    return 0;
  // A record has ten octets and its address, besides its name.
  if (found->size() > size / 14)
    std::abort();
  for (const auto& x : *found)
    if (x.which() != family || x.length() != x.max_length())
      std::abort();
  return 0;
}
