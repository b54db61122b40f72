#pragma once
#include "protocol/error.hpp"
#include "protocol/signal/body.hpp"

#include <optional>
#include <string>
#include <vector>

/// What a DOTS server has to be told behind a translator: the addresses and
/// ports that the translator assigns, never the internal ones (RFC 9132,
/// Section 3).
namespace tocsin::protocol::signal {

enum class translation_kind : std::uint8_t {
  /// Bit for bit between prefixes of one length and family, or many internal
  /// addresses behind one external one: NAT44, CGN, NAT64.
  address,
  nptv6, ///< checksum-neutral between IPv6 prefixes (RFC 6296)
};

/// One entry of a translator's table.
///
///   internal  external  ports            means
///   /n        /n        none             one to one, host bits are kept
///   any       a host    none             many behind one address
///   any       a host    external         many behind a share of its ports
///   a host    a host    both, same size  forwarded ports, in their order
///   /n        /n        none, nptv6      checksum-neutral, n up to 64
struct translation_rule {
  prefix internal;
  prefix external;
  translation_kind kind = translation_kind::address;
  std::optional<port_range> internal_ports;
  std::optional<port_range> external_ports;

  friend bool operator==(const translation_rule&,
                         const translation_rule&) = default;
};

/// Entries of one table. Each prefix of an order is held against all of them,
/// and an operator writes them by hand.
inline constexpr std::size_t max_translations = 1024;

/// An address that means something inside of a network only: private (RFC
/// 1918, RFC 4193), shared with a carrier's translator (RFC 6598), or of one
/// link. A wider prefix that merely includes some is none.
bool is_internal_only(const prefix& x) noexcept;

/// Checks one rule by itself; `where` is the key that is wrong.
result<void> validate_translation(const translation_rule& x);

/// The way of targets through a translator, and back. Immutable.
class address_translation {
public:
  /// No table: nothing is translated, and internal-only addresses are refused.
  address_translation() = default;

  /// Fails as validate_translation() does, and with conflict if two rules say
  /// different things about the same address and port. The rule with the
  /// longest internal prefix holds.
  static result<address_translation> make(std::vector<translation_rule> rules);

  bool empty() const noexcept { return rules_.empty(); }
  const std::vector<translation_rule>& rules() const noexcept { return rules_; }

  /// What to ask a server for: several targets where ports differ between
  /// addresses, of which no two share an address. With a table, every address
  /// has to be in it; what is external already stays as it is. Names are not
  /// touched: a server sees their external addresses. Fails with out_of_range
  /// and a detail that says what to configure, or what cannot be said to a
  /// server.
  result<std::vector<target>> outbound(const target& what) const;

  /// What of the own network a server's words are about, for people. What the
  /// table does not know stays as it is.
  target inbound(const target& what) const;

private:
  struct piece {
    prefix where;
    std::vector<port_range> ports; ///< empty: all
  };
  using pieces = std::vector<piece>;

  using port_list = std::vector<port_range>;
  using matches = std::vector<const translation_rule*>;

  result<void> translate(const prefix& x, const port_list& wanted,
                         pieces& out) const;
  static result<void> apply(const prefix& x, const port_list& wanted,
                            const matches& rules, pieces& out);
  static result<void> forward(const prefix& x, const port_list& wanted,
                              const matches& rules, pieces& out);
  result<void> check_uri(const std::string& uri) const;
  static pieces set_apart(pieces all);
  static std::optional<piece> origin(const prefix& x, const port_list& wanted,
                                     const translation_rule& rule);

  std::vector<translation_rule> rules_;
};

} // namespace tocsin::protocol::signal
