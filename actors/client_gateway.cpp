// CLIENT: requests that upstream servers have to grant, on a gateway.
#include "actors/client.hpp"

#include "actors/mitigation.hpp"
#include "protocol/signal/codec.hpp"
#include "protocol/signal/hop_limit.hpp"
#include "protocol/utf8.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace tocsin::actors {

namespace sig = protocol::signal;

namespace {

/// Names in a list of those on a loop have no spaces (RFC 8768, Section 4).
std::string one_word(std::string name) {
  std::ranges::replace(name, ' ', '-');
  return name;
}

/// The nodes that a RELAY was told with 5.08.
std::string_view names_in(std::string_view detail) {
  constexpr std::string_view mark = "5.08 ";
  auto at = detail.find(mark);
  return at == detail.npos ? std::string_view{}
                           : detail.substr(at + mark.size());
}

} // namespace

/// A gateway that must not pass it on can do nothing for it (RFC 8768, Section
/// 3). A server with mitigators of its own can.
bool client_state::ends_here(const dots_request& request) const {
  return setup_.gateway && request.hop_limit == 1;
}

void client_state::refuse_loop(const dots_request& request) {
  spdlog::warn("client {}/{}: refused 5.08: the request has passed too many "
               "gateways; is there a loop?",
               setup_.who->name, setup_.cuid);
  commit({storage::append_audit{
      audit(request, "refuse", "5.08 it has passed too many gateways")}});
  auto text = one_word(setup_.node);
  finish({static_cast<std::uint8_t>(sig::response_code::hop_limit_reached),
          false,
          bytes(text.begin(), text.end()),
          {},
          false});
}

/// True if the answer is withheld until the upstream servers have answered. Not
/// of a request that has replaced others: those are gone, whatever is said.
bool client_state::await_upstream(const put_job& job, dots_response granted) {
  auto mid = *job.request.mid;
  const auto& x = entries_.at(mid);
  if (!setup_.gateway || !setup_.end_to_end || x.suspended || x.armed_kind()
      || !x.replaces.empty() || setup_.who->approval)
    return false;
  awaited_ = awaited{mid, std::move(granted), now() + end_to_end_patience};
  arm();
  return true;
}

/// One server that grants it suffices; it is refused when all have refused.
void client_state::judge_awaited() {
  if (!awaited_)
    return;
  auto i = entries_.find(awaited_->mid);
  if (i == entries_.end())
    return;
  const auto& all = i->second.view.enforcement;
  auto granted = [](const auto& x) { return x.answer >> 5 == 2; };
  auto refused = [](const auto& x) { return x.answer >> 5 >= 4; };
  if (std::ranges::any_of(all, granted))
    answer_granted();
  else if (!all.empty() && std::ranges::all_of(all, refused))
    refuse_awaited(enforcement_view{all.front()});
}

void client_state::answer_granted() {
  auto x = std::exchange(awaited_, std::nullopt);
  finish(std::move(x->granted));
}

/// As if it had never been accepted.
void client_state::refuse_awaited(const enforcement_view& why) {
  auto mid = std::exchange(awaited_, std::nullopt)->mid;
  auto code = static_cast<sig::response_code>(why.answer);
  spdlog::info("client {}/{}: mitigation {} is refused upstream: {}",
               setup_.who->name, setup_.cuid, mid, why.detail);
  dots_response answer;
  answer.code = why.answer;
  auto text = why.detail;
  if (code == sig::response_code::hop_limit_reached)
    text = sig::hop_report(one_word(setup_.node), names_in(why.detail));
  if (why.conflict) {
    answer.cbor = true;
    answer.payload = sig::encode(sig::refused(*why.conflict));
  } else {
    auto fitting = protocol::utf8_prefix(text, sig::max_diagnostic);
    answer.payload.assign(fitting.begin(), fitting.end());
  }
  if (code == sig::response_code::unavailable)
    answer.max_age = 60;
  commit({storage::append_audit{event(mid, "refuse", why.detail)}});
  auto& x = entries_.at(mid);
  x.withdrawn = true;
  self_->send(x.handle, atom::revoke_v, std::string{superseded});
  finish(std::move(answer));
}

} // namespace tocsin::actors
