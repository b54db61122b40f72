#include "roles/cli/orders.hpp"

#include "roles/cli/answers.hpp"
#include "roles/cli/filters.hpp"
#include "roles/cli/words.hpp"

#include <algorithm>
#include <ostream>

namespace tocsin::roles::cli {

namespace {

using actors::mitigation_view;
using std::chrono::seconds;

/// How often the node, not the peer, is asked for news.
constexpr std::chrono::milliseconds poll_interval{500};

template <class T>
result<void> read_all(const std::vector<std::string>& texts,
                      result<T> (*parse)(std::string_view),
                      std::vector<T>& into) {
  for (const auto& text : texts) {
    auto value = parse(text);
    if (!value)
      return value.error();
    into.push_back(std::move(*value));
  }
  return {};
}

result<protocol::signal::prefix> parse_prefix(std::string_view text) {
  auto value = protocol::signal::prefix::parse(text);
  if (!value)
    return fail(value.error().code, std::string{text},
                "is not an address or a prefix; for a name use --fqdn, --uri "
                "or --alias");
  return value;
}

std::string name_of(const mitigation_view& x) {
  return "mid " + std::to_string(x.mid);
}

/// Tells of the wait on `err`: at once, then in place on a terminal, else
/// every ten seconds.
class waiting_note {
public:
  waiting_note(environment& env, const mitigation_view& x)
      : env_{env}, text_{"asked " + printable(x.peer) + " (" + name_of(x)
                         + "), waiting for the answer... "} {}

  void tell(seconds waited) {
    auto step = env_.err_is_terminal ? seconds{1} : seconds{10};
    if (last_ && waited < *last_ + step)
      return;
    last_ = waited;
    if (env_.err_is_terminal)
      env_.err << '\r';
    env_.err << text_ << waited.count() << " s";
    if (!env_.err_is_terminal)
      env_.err << '\n';
    env_.err.flush();
  }

  void end() {
    if (last_ && env_.err_is_terminal)
      env_.err << '\n';
  }

private:
  environment& env_;
  std::string text_;
  std::optional<seconds> last_;
};

/// The newest the node knows of `x`, from its memory: the list never bothers
/// the peer, who may be struggling.
std::optional<mitigation_view> look_again(node_client& node,
                                          const mitigation_view& x) {
  auto body = node.get("/v1/mitigations");
  if (!body)
    return std::nullopt;
  auto list = read_mitigations(*body);
  if (!list) {
    node.fail_with(list.error(), exit_code::failed);
    return std::nullopt;
  }
  for (auto& one : *list)
    if (one.mid == x.mid && one.peer == x.peer && one.cuid == x.cuid)
      return std::move(one);
  node.fail_with(fail(ec::not_found, name_of(x),
                      "the node has given up this request; see `"
                          + node.repeat("audit") + '`'),
                 exit_code::failed);
  return std::nullopt;
}

/// Waits until the peer has answered or patience ends. Nothing: a failure,
/// which has been reported.
std::optional<mitigation_view>
wait_for_answer(node_client& node, mitigation_view x, time_point begin) {
  waiting_note note{node.env(), x};
  std::optional<mitigation_view> newest = std::move(x);
  while (newest && newest->progress == "requested") {
    auto waited = std::chrono::duration_cast<seconds>(node.env().now() - begin);
    note.tell(waited);
    if (waited >= node.patience() || !node.env().pause(poll_interval))
      break;
    newest = look_again(node, *newest);
  }
  note.end();
  return newest;
}

void summarize(node_client& node, const mitigation_view& x) {
  auto& out = node.env().out;
  auto mid = std::to_string(x.mid);
  out << "mitigation " << mid << " at " << printable(x.peer) << ": "
      << say_status(x.status) << '\n';
  out << "  protects  " << say_target(x.what) << '\n';
  out << "  granted   " << say_lifetime(x.lifetime)
      << (x.renew ? ", renewed until withdrawn" : "") << '\n';
  out << "  answered  in " << say_milliseconds(x.answer_ms) << '\n';
  if (!x.filters.empty())
    out << "  filters   " << say_filters(x.filters) << '\n';
  if (!x.note.empty())
    out << "  note      " << printable(x.note) << '\n';
  out << "  follow    " << node.repeat("status " + mid) << '\n';
  out << "  end       " << node.repeat("withdraw " + mid) << '\n';
}

/// What `withdraw` has achieved.
exit_code conclude_withdrawal(node_client& node, const mitigation_view& x,
                              const std::string& body) {
  if (node.json())
    node.env().out << body << '\n';
  if (x.progress == "withdrawing") {
    node.env().err << "asked " << printable(x.peer) << " to withdraw "
                   << name_of(x) << ", not confirmed yet; follow it with `"
                   << node.repeat("status " + std::to_string(x.mid)) << "`\n";
    return exit_code::timeout;
  }
  if (x.progress == "refused") {
    node.env().err << "tocsin: " << printable(x.peer) << " refused to withdraw "
                   << name_of(x) << ": " << printable(x.note) << '\n';
    return exit_code::failed;
  }
  if (!node.json()) {
    node.env().out << "mitigation " << x.mid << " of " << printable(x.peer)
                   << " is withdrawn\n";
    if (!x.note.empty())
      node.env().out << "  note      " << printable(x.note) << '\n';
  }
  return exit_code::ok;
}

bool is_meant(const mitigation_view& x, const name_options& name) {
  return x.mid == name.mid && (name.peer.empty() || x.peer == name.peer)
         && (name.cuid.empty() || x.cuid == name.cuid);
}

} // namespace

result<actors::order_body> read_order(const mitigate_options& x) {
  actors::order_body order;
  auto& what = order.what;
  for (auto done : {read_all(x.targets, parse_prefix, what.prefixes),
                    read_all(x.prefixes, parse_prefix, what.prefixes),
                    read_all(x.ports, parse_ports, what.ports),
                    read_all(x.protocols, parse_protocol, what.protocols)})
    if (!done)
      return done.error();
  if (auto done = read_all(x.filters, parse_filter, order.filters); !done)
    return done.error();
  what.fqdns = x.fqdns;
  what.uris = x.uris;
  what.aliases = x.aliases;
  // RFC 9132, Section 4.4.1.1: ports or protocols alone are no target.
  if (what.prefixes.empty() && what.fqdns.empty() && what.uris.empty()
      && what.aliases.empty())
    return fail(ec::missing, "target",
                "say what to protect: an address or prefix, --fqdn, --uri or "
                "--alias");
  if (!x.lifetime.empty()) {
    auto lifetime = parse_lifetime(x.lifetime);
    if (!lifetime)
      return lifetime.error();
    order.lifetime = *lifetime;
  }
  order.renew = x.renew;
  if (x.on_signal_loss)
    order.trigger_mitigation = false;
  order.upstream = x.upstream;
  return order;
}

exit_code conclude_order(node_client& node, const mitigation_view& x,
                         bool waited) {
  auto mid = std::to_string(x.mid);
  if (node.json())
    node.env().out << to_json(x) << '\n';
  if (x.progress == "refused") {
    auto why = x.note.empty() ? "without a reason" : printable(x.note);
    node.env().err << "tocsin: " << printable(x.peer) << " refused "
                   << name_of(x) << ": " << why << '\n';
    return exit_code::failed;
  }
  if (x.progress != "requested") {
    if (!node.json())
      summarize(node, x);
    return exit_code::ok;
  }
  if (!node.json() || waited)
    node.env().err << "asked " << printable(x.peer) << " (" << name_of(x)
                   << "), not confirmed yet; follow it with `"
                   << node.repeat("status " + mid) << "`, end it with `"
                   << node.repeat("withdraw " + mid) << "`\n";
  if (waited && !x.note.empty() && !node.json())
    node.env().err << "  note      " << printable(x.note) << '\n';
  return waited ? exit_code::timeout : exit_code::ok;
}

exit_code mitigate(node_client& node, const mitigate_options& options) {
  auto order = read_order(options);
  if (!order)
    return node.fail_with(order.error(), exit_code::usage);
  auto begin = node.env().now();
  // Most peers answer within a second; for the others there is something to
  // tell meanwhile.
  auto first =
      options.wait ? std::min(node.patience(), seconds{1}) : seconds{0};
  auto body =
      node.ask("POST", "/v1/mitigations?wait=" + std::to_string(first.count()),
               to_json(*order), first);
  if (!body)
    return node.code();
  auto view = read_mitigation(*body);
  if (!view)
    return node.fail_with(view.error(), exit_code::failed);
  if (!options.wait)
    return conclude_order(node, *view, false);
  auto answered = wait_for_answer(node, std::move(*view), begin);
  return answered ? conclude_order(node, *answered, true) : node.code();
}

exit_code withdraw(node_client& node, const name_options& options) {
  auto name = complete(node, options);
  if (!name)
    return node.code();
  auto target = target_of(*name);
  target += target.find('?') == target.npos ? '?' : '&';
  target += "wait=" + std::to_string(node.patience().count());
  auto body = node.ask("DELETE", target, {}, node.patience());
  if (!body)
    return node.code();
  auto view = read_mitigation(*body);
  if (!view)
    return node.fail_with(view.error(), exit_code::failed);
  return conclude_withdrawal(node, *view, *body);
}

exit_code report_efficacy(node_client& node, const name_options& options,
                          const std::string& verdict) {
  using protocol::signal::attack_status;
  auto name = complete(node, options);
  if (!name)
    return node.code();
  auto what = verdict == "works" ? attack_status::successfully_mitigated
                                 : attack_status::under_attack;
  auto target = target_of(*name);
  target += target.find('?') == target.npos ? '?' : '&';
  target += "wait=" + std::to_string(node.patience().count());
  auto body = node.ask("PUT", target, actors::to_json(what), node.patience());
  if (!body)
    return node.code();
  auto view = read_mitigation(*body);
  if (!view)
    return node.fail_with(view.error(), exit_code::failed);
  if (node.json())
    node.env().out << *body << '\n';
  else
    node.env().out << "told " << printable(view->peer) << " that "
                   << name_of(*view)
                   << (verdict == "works" ? " works" : " does not help yet")
                   << '\n';
  return exit_code::ok;
}

exit_code redirect(node_client& node, const redirect_options& options) {
  actors::redirect_wish wish;
  wish.alt_server = options.server;
  wish.records = options.addresses;
  if (!options.time.empty()) {
    auto time = parse_duration(options.time);
    if (!time)
      return node.fail_with(time.error(), exit_code::usage);
    wish.max_age = static_cast<std::uint32_t>(time->count());
  }
  auto body = options.off ? node.ask("DELETE", "/v1/redirect", {}, seconds{0})
                          : node.ask("PUT", "/v1/redirect",
                                     actors::to_json(wish), seconds{0});
  if (!body)
    return node.code();
  if (node.json()) {
    node.env().out << *body << '\n';
    return exit_code::ok;
  }
  auto view = read_node(*body);
  if (!view)
    return node.fail_with(view.error(), exit_code::failed);
  node.env().out << (view->redirect.empty() ? "clients are served here"
                                            : "clients are sent away: "
                                                  + printable(view->redirect))
                 << '\n';
  return exit_code::ok;
}

std::optional<actors::mitigation_name> complete(node_client& node,
                                                const name_options& options) {
  if (!options.peer.empty() && !options.cuid.empty())
    return actors::mitigation_name{options.peer, options.cuid, options.mid};
  auto body = node.get("/v1/mitigations");
  if (!body)
    return std::nullopt;
  auto list = read_mitigations(*body);
  if (!list) {
    node.fail_with(list.error(), exit_code::failed);
    return std::nullopt;
  }
  std::erase_if(*list, [&](const auto& x) { return !is_meant(x, options); });
  // What a node asks of upstreams for others is named by what they asked for.
  if (std::ranges::any_of(*list, [](auto& x) { return x.relayed.empty(); }))
    std::erase_if(*list, [](const auto& x) { return !x.relayed.empty(); });
  // Unknown to the list: the node may still know, and answers in its words.
  if (list->empty())
    return actors::mitigation_name{options.peer, options.cuid, options.mid};
  if (list->size() == 1)
    return actors::mitigation_name{list->front().peer, list->front().cuid,
                                   options.mid};
  node.fail_with(fail(ec::conflict, "mid " + std::to_string(options.mid),
                      "there are several; add --customer (or --upstream) and "
                      "--cuid:"),
                 exit_code::usage);
  for (const auto& x : *list)
    node.env().err << "  --customer " << printable(x.peer) << " --cuid "
                   << printable(x.cuid) << "  protects " << say_target(x.what)
                   << '\n';
  return std::nullopt;
}

std::string target_of(const actors::mitigation_name& name) {
  auto target = "/v1/mitigations/" + std::to_string(name.mid);
  if (!name.peer.empty())
    target += "?peer=" + percent_encode(name.peer);
  if (!name.cuid.empty())
    target +=
        (name.peer.empty() ? "?cuid=" : "&cuid=") + percent_encode(name.cuid);
  return target;
}

} // namespace tocsin::roles::cli
