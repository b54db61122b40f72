#pragma once
#include "actors/sibling_views.hpp"
#include "actors/values.hpp"
#include "protocol/bytes.hpp"

#include <caf/meta/type_name.hpp>

#include <cstdint>
#include <string>
#include <vector>

/// What SIBLINGS of two processes say to each other, version 1 (see
/// protocol/siblings/link.hpp), and the values around it. Those with `inspect`
/// leave the process: they are made of numbers, texts and lists; what DOTS has
/// a form for is CBOR inside, so that it is read by the same bounded decoder as
/// what clients send.
namespace tocsin::actors {

/// Bounds of one message.
inline constexpr std::size_t max_sibling_scopes = 256;
inline constexpr std::size_t max_scope_octets = 64 * 1024;
inline constexpr std::size_t max_parcel_mitigations = 4096;
inline constexpr std::size_t max_parcel_octets = 8 * 1024 * 1024;

/// How long a request of a client waits for siblings. Under attack the answer
/// matters more than a conflict that is found later.
inline constexpr std::chrono::milliseconds sibling_patience{300};

/// What a node does, for its siblings' operators.
struct sibling_holdings {
  std::uint64_t sessions = 0;
  std::uint64_t clients = 0;
  std::uint64_t mitigations = 0;
};

/// Which live scopes overlap this one?
struct sibling_question {
  std::string customer;
  std::string cuid;
  std::uint32_t mid = 0;
  bytes what; ///< see encode_target()
  std::int64_t lifetime = 0;
};

/// One that does.
struct sibling_scope {
  std::string customer;
  std::string cuid;
  std::uint32_t mid = 0;
  bytes what;
  std::int64_t remaining = 0; ///< seconds; -1: indefinite
  bool active = true;
  bool immediate = true;
};

struct sibling_scopes {
  std::vector<sibling_scope> all;
};

/// What a decision at one node means for a scope at another.
struct sibling_verdict {
  std::string customer;
  std::string cuid;
  std::uint32_t mid = 0;
  std::uint8_t what = 0; ///< a foreign_verdict
  bytes information;     ///< CBOR of a conflict; empty with `superseded`
};

/// A stored mitigation on its way to a sibling. Its end is told by what is
/// left: clocks differ.
struct parcel_mitigation {
  std::uint32_t mid = 0;
  bytes body;
  std::int64_t lifetime = 0;
  std::int64_t left = 0; ///< seconds; -1: indefinite
  std::int64_t start = 0;
  std::uint8_t status = 0;
  std::uint8_t flags = 0;
  std::uint64_t created = 0;
  bytes aliased;
  std::uint8_t hop_limit = 0;
  std::string cdid;
  std::string chosen;
};

/// Everything that is stored of one client.
struct sibling_parcel {
  std::string customer;
  std::string cuid;
  std::string identity;
  std::uint32_t last_mid = 0;
  bool mid_used = false;
  std::vector<parcel_mitigation> mitigations; ///< withdrawn mids among them
  // The session configuration, if one was negotiated.
  bool configured = false;
  std::uint32_t sid = 0;
  bytes config;
};

struct sibling_client {
  std::string customer;
  std::string cuid;
};

template <class Inspector>
auto inspect(Inspector& f, sibling_holdings& x) {
  return f(caf::meta::type_name("sibling_holdings"), x.sessions, x.clients,
           x.mitigations);
}

template <class Inspector>
auto inspect(Inspector& f, sibling_question& x) {
  return f(caf::meta::type_name("sibling_question"), x.customer, x.cuid, x.mid,
           x.what, x.lifetime);
}

template <class Inspector>
auto inspect(Inspector& f, sibling_scope& x) {
  return f(caf::meta::type_name("sibling_scope"), x.customer, x.cuid, x.mid,
           x.what, x.remaining, x.active, x.immediate);
}

template <class Inspector>
auto inspect(Inspector& f, sibling_scopes& x) {
  return f(caf::meta::type_name("sibling_scopes"), x.all);
}

template <class Inspector>
auto inspect(Inspector& f, sibling_verdict& x) {
  return f(caf::meta::type_name("sibling_verdict"), x.customer, x.cuid, x.mid,
           x.what, x.information);
}

template <class Inspector>
auto inspect(Inspector& f, parcel_mitigation& x) {
  return f(caf::meta::type_name("parcel_mitigation"), x.mid, x.body, x.lifetime,
           x.left, x.start, x.status, x.flags, x.created, x.aliased,
           x.hop_limit, x.cdid, x.chosen);
}

template <class Inspector>
auto inspect(Inspector& f, sibling_parcel& x) {
  return f(caf::meta::type_name("sibling_parcel"), x.customer, x.cuid,
           x.identity, x.last_mid, x.mid_used, x.mitigations, x.configured,
           x.sid, x.config);
}

template <class Inspector>
auto inspect(Inspector& f, sibling_client& x) {
  return f(caf::meta::type_name("sibling_client"), x.customer, x.cuid);
}

// Inside of one process:

/// Who greets, and by which actor it is to be answered.
struct sibling_greeting {
  std::uint32_t version = 0;
  std::string name;
  std::string program;
  caf::strong_actor_ptr speaker;
};

} // namespace tocsin::actors
