#include "actors/console.hpp"

#include "actors/rules.hpp"

#include <algorithm>

namespace tocsin::actors {

namespace {

/// On top of what the caller waits for the peer: parts of the node answer.
constexpr std::chrono::seconds node_patience{30};

} // namespace

void console_state::init(supervisor_actor root,
                         std::vector<std::string> upstreams,
                         mitigate_order defaults) {
  root_ = std::move(root);
  upstreams_ = std::move(upstreams);
  defaults_ = std::move(defaults);
}

void console_state::serve(const api_exchange& call) {
  auto parsed = parse_request(call.method, call.target, call.body, defaults_);
  if (!parsed) {
    call.reply(static_cast<int>(http_status(parsed.error())),
               to_json(parsed.error()));
    return;
  }
  std::visit([&](const auto& x) { on(x, call); }, *parsed);
}

void console_state::refuse(const reply& to, const caf::error& why) {
  auto x = to_failure(why);
  to(static_cast<int>(http_status(x)), to_json(x));
}

void console_state::on(const get_node&, const api_exchange& call) {
  self_->request(root_, node_patience, atom::node_v)
      .then([to = call.reply](const node_view& x) { to(200, to_json(x)); },
            [to = call.reply](const caf::error& why) { refuse(to, why); });
}

void console_state::on(const list_mitigations&, const api_exchange& call) {
  self_->request(root_, node_patience, atom::list_v)
      .then(
          [to = call.reply](const std::vector<mitigation_view>& xs) {
            to(200, to_json(xs));
          },
          [to = call.reply](const caf::error& why) { refuse(to, why); });
}

/// A mitigation's peer is an upstream if this node asked for it, a customer if
/// it was asked.
bool console_state::is_wish(const mitigation_name& x) const {
  auto upstream = server_of_upstream(x.peer);
  return x.peer.empty() ? !upstreams_.empty()
                        : std::ranges::count(upstreams_, upstream) > 0;
}

template <class Then>
void console_state::with_upstream(const std::string& wanted,
                                  const api_exchange& call, Then then) {
  self_->request(root_, node_patience, atom::client_v, wanted)
      .then(
          [then](const caf::strong_actor_ptr& found) mutable {
            then(caf::actor_cast<upstream_actor>(found));
          },
          [to = call.reply](const caf::error& why) { refuse(to, why); });
}

/// Tells what was asked for, once the peer has answered or the time is up.
void console_state::await(const upstream_actor& upstream,
                          const mitigation_view& asked,
                          std::chrono::seconds wait, const reply& to) {
  if (wait.count() == 0) {
    to(static_cast<int>(http_status(asked, 201)), to_json(asked));
    return;
  }
  self_
      ->request(upstream, wait + node_patience, atom::order_v, asked.mid,
                duration{wait})
      .then(
          [to](const mitigation_view& view) {
            to(static_cast<int>(http_status(view, 201)), to_json(view));
          },
          [to](const caf::error& why) { refuse(to, why); });
}

void console_state::on(const create_mitigation& x, const api_exchange& call) {
  if (x.order.upstream.empty() && upstreams_.size() > 1) {
    self_->request(root_, node_patience + default_wait, atom::order_v, x.order)
        .then([to = call.reply](
                  const mitigation_view& view) { to(201, to_json(view)); },
              [to = call.reply](const caf::error& why) { refuse(to, why); });
    return;
  }
  auto then = [this, x, to = call.reply](const upstream_actor& upstream) {
    self_->request(upstream, node_patience, atom::order_v, x.order)
        .then(
            [this, x, to, upstream](const mitigation_view& asked) {
              await(upstream, asked, x.wait, to);
            },
            [to](const caf::error& why) { refuse(to, why); });
  };
  with_upstream(x.order.upstream, call, then);
}

void console_state::on(const control_filters& x, const api_exchange& call) {
  auto then = [this, x, to = call.reply](const upstream_actor& upstream) {
    self_->request(upstream, node_patience, atom::control_v, x.name.mid, x.acls)
        .then(
            [this, x, to, upstream](const mitigation_view& asked) {
              await(upstream, asked, x.wait, to);
            },
            [to](const caf::error& why) { refuse(to, why); });
  };
  with_upstream(x.name.peer, call, then);
}

void console_state::on(const get_mitigation& x, const api_exchange& call) {
  auto show = [to = call.reply](const mitigation_view& view) {
    to(200, to_json(view));
  };
  auto fail_with = [to = call.reply](const caf::error& why) {
    refuse(to, why);
  };
  if (!is_wish(x.name)) {
    self_->request(root_, node_patience, atom::status_v, x.name)
        .then(show, fail_with);
    return;
  }
  with_upstream(
      x.name.peer, call,
      [this, x, show, fail_with](const upstream_actor& upstream) {
        self_->request(upstream, node_patience, atom::status_v, x.name.mid)
            .then(show, fail_with);
      });
}

void console_state::on(const delete_mitigation& x, const api_exchange& call) {
  auto show = [to = call.reply](const mitigation_view& view) {
    to(static_cast<int>(http_status(view, 200)), to_json(view));
  };
  auto fail_with = [to = call.reply](const caf::error& why) {
    refuse(to, why);
  };
  if (!is_wish(x.name)) {
    auto why =
        "withdrawn by the operator (uid " + std::to_string(call.uid) + ')';
    self_->request(root_, node_patience, atom::revoke_v, x.name, why)
        .then(show, fail_with);
    return;
  }
  with_upstream(x.name.peer, call,
                [this, x, show, fail_with](const upstream_actor& upstream) {
                  self_
                      ->request(upstream, x.wait + node_patience,
                                atom::withdraw_v, x.name.mid, duration{x.wait})
                      .then(show, fail_with);
                });
}

void console_state::on(const report_efficacy& x, const api_exchange& call) {
  auto show = [to = call.reply](const mitigation_view& view) {
    to(200, to_json(view));
  };
  auto fail_with = [to = call.reply](const caf::error& why) {
    refuse(to, why);
  };
  if (x.name.peer == own_orders) {
    self_->request(root_, node_patience, atom::report_v, x.name, x.what)
        .then(show, fail_with);
    return;
  }
  with_upstream(x.name.peer, call,
                [this, x, show, fail_with](const upstream_actor& upstream) {
                  self_
                      ->request(upstream, x.wait + node_patience,
                                atom::report_v, x.name.mid, x.what,
                                duration{x.wait})
                      .then(show, fail_with);
                });
}

void console_state::on(const decide_mitigation& x, const api_exchange& call) {
  auto order = x.order;
  order.who = "operator (uid " + std::to_string(call.uid) + ')';
  self_->request(root_, node_patience, atom::decide_v, x.name, order)
      .then([to = call.reply](
                const mitigation_view& view) { to(200, to_json(view)); },
            [to = call.reply](const caf::error& why) { refuse(to, why); });
}

void console_state::on(const set_redirect& x, const api_exchange& call) {
  self_->request(root_, node_patience, atom::redirect_v, x.wish)
      .then(
          [to = call.reply](const node_view& view) { to(200, to_json(view)); },
          [to = call.reply](const caf::error& why) { refuse(to, why); });
}

/// All of many clients take their time; who does not wait finds the rest in the
/// log and the audit trail.
void console_state::on(const hand_over& x, const api_exchange& call) {
  self_->request(root_, max_wait, atom::handover_v, x.wish)
      .then(
          [to = call.reply](const std::vector<handover_result>& xs) {
            to(200, to_json(xs));
          },
          [to = call.reply](const caf::error& why) { refuse(to, why); });
}

void console_state::on(const list_sessions& x, const api_exchange& call) {
  self_
      ->request(root_, node_patience, atom::sessions_v,
                static_cast<std::uint64_t>(x.limit))
      .then(
          [this, to = call.reply](const std::vector<session_view>& xs) {
            self_->request(root_, node_patience, atom::node_v)
                .then(
                    [to, xs](const node_view& node) {
                      auto total = node.sessions + node.data_sessions;
                      to(200, to_json(xs, std::max<std::uint64_t>(total,
                                                                  xs.size())));
                    },
                    [to](const caf::error& why) { refuse(to, why); });
          },
          [to = call.reply](const caf::error& why) { refuse(to, why); });
}

void console_state::on(const list_audit& x, const api_exchange& call) {
  self_
      ->request(root_, node_patience, atom::audit_v,
                static_cast<std::uint64_t>(x.limit))
      .then(
          [to = call.reply](const std::vector<storage::audit_event>& xs) {
            to(200, to_json(xs));
          },
          [to = call.reply](const caf::error& why) { refuse(to, why); });
}

void console_state::on(const list_data_clients&, const api_exchange& call) {
  self_->request(root_, node_patience, atom::store_v)
      .then(
          [to = call.reply](const std::vector<data_client_view>& xs) {
            to(200, to_json(xs));
          },
          [to = call.reply](const caf::error& why) { refuse(to, why); });
}

void console_state::on(const get_data_client& x, const api_exchange& call) {
  self_
      ->request(root_, node_patience, atom::store_v,
                data_client_name{x.customer, x.cuid})
      .then([to = call.reply](
                const data_client_details& found) { to(200, to_json(found)); },
            [to = call.reply](const caf::error& why) { refuse(to, why); });
}

console_actor::behavior_type
console(console_actor::stateful_pointer<console_state> self,
        supervisor_actor root, std::vector<std::string> upstreams,
        mitigate_order defaults) {
  auto* state = &self->state;
  state->init(std::move(root), std::move(upstreams), std::move(defaults));
  return {
      [state](atom::api, const api_exchange& call) { state->serve(call); },
  };
}

} // namespace tocsin::actors
