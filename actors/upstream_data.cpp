// UPSTREAM: the data channel to the same server.
#include "actors/upstream.hpp"

#include "protocol/signal/codec.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace tocsin::actors {

namespace {

template <class T>
void append(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

} // namespace

void upstream_state::adopt_data(const caf::strong_actor_ptr& data) {
  data_ = caf::actor_cast<data_upstream_actor>(data);
  held_.clear();
  tell_data();
}

/// Both channels use the same cuid (RFC 8783, Section 5.1).
void upstream_state::tell_data() {
  if (data_ && restored_)
    self_->send(data_, atom::client_v, known_.cuid,
                caf::actor_cast<caf::strong_actor_ptr>(self_));
}

void upstream_state::on_aliases(const held_aliases& x) {
  held_ = {x.names.begin(), x.names.end()};
}

/// Only the first time: a server that says so for another reason, as that too
/// many clients are registered, would have the cuid changed for ever.
void upstream_state::on_cuid_taken(const std::string& cuid) {
  if (cuid == known_.cuid && !cuid_changed_)
    leave_cuid(0);
}

/// What the aliases of an order stand for. Names stay where the server is known
/// to hold the alias: those of this node's configuration only if that is
/// wanted, as addresses mean the same whatever the server holds by then.
result<sig::target> upstream_state::expand(sig::target what) const {
  auto names = std::exchange(what.aliases, {});
  for (const auto& alias : names) {
    auto i = setup_.aliases.find(alias);
    bool is_local = i != setup_.aliases.end();
    if (held_.contains(alias) && (!is_local || setup_.name_aliases)) {
      what.aliases.push_back(alias);
      continue;
    }
    if (!is_local)
      return fail(
          ec::not_found, "alias-name",
          "this node's configuration has no alias '" + alias
              + (data_ ? "', and the server is not known to hold it" : "'"));
    append(what.prefixes, i->second.prefixes);
    append(what.ports, i->second.ports);
    append(what.protocols, i->second.protocols);
    append(what.fqdns, i->second.fqdns);
    append(what.uris, i->second.uris);
  }
  return what;
}

/// A request whose aliases the server does not know after all is made anew with
/// what they stand for, under a new mid. False: there is nothing to replace, or
/// it would not be one request any more.
bool upstream_state::spell_out(wish& x) {
  if (x.request.what.aliases.empty())
    return false;
  held_.clear(); // until DATA UPSTREAM knows better
  auto asked = x.request;
  auto whole = expand(asked.what);
  if (!whole)
    return false;
  auto outside = setup_.translation.outbound(*whole);
  if (!outside || outside->size() != 1)
    return false;
  asked.what = outside->front();
  auto body = sig::encode(sig::mitigation_scope{{asked}});
  if (body.size() > setup_.request_octets)
    return false;
  spdlog::warn("upstream {}: mitigation {}: the server does not take its "
               "aliases; it is asked for what they stand for",
               setup_.name, x.record.key.mid);
  x.request = std::move(asked);
  x.record.body = std::move(body);
  renumber(x);
  return true;
}

} // namespace tocsin::actors
