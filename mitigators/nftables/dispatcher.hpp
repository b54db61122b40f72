#pragma once
#include "protocol/signal/prefix.hpp"

#include <compare>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin::mitigators::nftables {

class script;

/// Destinations of one length have a map of their own.
struct prefix_length {
  bool ipv4;
  std::uint8_t bits;
  friend auto operator<=>(const prefix_length&, const prefix_length&) = default;
};

/// Leads packets to chains by their destination: one map per prefix length in
/// use sends a packet, by the masked address, to the chain of that prefix, or
/// to one that visits all chains of it. So a packet costs one look-up per
/// length, longest first, however many chains there are, and a change touches
/// only its own elements.
class dispatcher {
public:
  using prefix = protocol::signal::prefix;

  /// Names of its own objects in the table.
  struct names {
    std::string_view chain;  ///< the hooks jump to it
    std::string_view map;    ///< how names of maps begin
    std::string_view shared; ///< how names of chains begin that visit others
  };

private:
  using users = std::set<std::string>; // the chains of one prefix
  using usage = std::map<prefix, users>;

public:
  /// A change: who uses the touched prefixes after it.
  class edit {
  public:
    explicit edit(const dispatcher& of) : of_{of} {}

    void remove(const std::string& chain, const std::vector<prefix>& from);
    void add(const std::string& chain, const std::vector<prefix>& to);

  private:
    friend class dispatcher;
    users& look_up(const prefix& x);

    const dispatcher& of_;
    usage after_;
  };

  explicit dispatcher(names with) : names_{with} {}

  /// Adds the maps that the change needs; before the chains' rules.
  void plan_maps(script& out, const edit& what) const;
  /// All else of the change; the chains that it names exist by then.
  void plan(script& out, const edit& what) const;
  void commit(edit what);
  void clear();

private:
  static prefix_length length_of(const prefix& x) {
    return {x.is_ipv4(), x.length()};
  }
  std::set<prefix_length> lengths() const;
  std::set<prefix_length> lengths_after(const usage& after) const;
  void plan_targets(script& out, const usage& after) const;
  void plan_lengths(script& out, const std::set<prefix_length>& after) const;
  void dispatch(script& out, const std::set<prefix_length>& after) const;
  std::string target(const prefix& x, const users& chains) const;
  std::string shared_chain(const prefix& x) const;
  std::string map_name(prefix_length x) const;

  names names_;
  usage users_;
  std::map<prefix_length, std::size_t> lengths_; // prefixes of each length
};

} // namespace tocsin::mitigators::nftables
