// SUPERVISOR: orders of a multihomed client's operator, as requests of a client
// of this node (see own_orders).
#include "actors/supervisor.hpp"

#include "protocol/signal/codec.hpp"
#include "protocol/signal/response.hpp"

#include <algorithm>

namespace tocsin::actors {

namespace sig = protocol::signal;

namespace {

/// Longer than a CLIENT waits for upstream servers.
constexpr std::chrono::seconds order_patience{30};

/// For as long as somebody wants it.
constexpr std::int64_t no_end = -1;

failure why_refused(const dots_response& x) {
  auto code = static_cast<sig::response_code>(x.code);
  std::string text = sig::to_string(code) + ' ';
  if (!x.cbor)
    text += as_text(x.payload);
  else if (code == sig::response_code::conflict)
    text += "it is in conflict with another request";
  auto kind = code == sig::response_code::conflict       ? ec::conflict
              : code == sig::response_code::unavailable  ? ec::unavailable
              : code == sig::response_code::unauthorized ? ec::unauthorized
                                                         : ec::malformed;
  return fail(kind, "mitigate", text);
}

} // namespace

caf::result<mitigation_view>
supervisor_state::order(const mitigate_order& what) {
  if (setup_.customers.by_name(own_orders) == nullptr)
    return to_error(fail(ec::missing, "upstream",
                         "say which one, or set 'choice' in [client]"));
  if (!what.immediate || !what.filters.empty())
    return to_error(fail(ec::missing, "upstream",
                         "mitigations for the loss of the signal, and such "
                         "that switch filters, are asked of one upstream: say "
                         "which"));
  sig::mitigation body;
  body.what = what.what;
  body.lifetime = what.renew ? no_end : what.lifetime;
  dots_request x;
  x.what = dots_request::method::put;
  x.cuid = std::string{own_orders};
  x.mid = ++last_order_;
  x.body = sig::encode(sig::mitigation_scope{{std::move(body)}});
  auto promise = self_->make_response_promise<mitigation_view>();
  ask_as_client(std::move(x), promise);
  return promise;
}

caf::result<mitigation_view>
supervisor_state::report(const mitigation_name& which,
                         sig::attack_status what) {
  auto key = find_name(which);
  if (!key)
    return to_error(key.error());
  auto promise = self_->make_response_promise<mitigation_view>();
  self_->request(clients_.at(*key), order_patience, atom::status_v, which.mid)
      .then(
          [this, which, what, promise](const mitigation_view& known) mutable {
            sig::mitigation body;
            body.what = known.what;
            body.attack = what;
            dots_request x;
            x.what = dots_request::method::put;
            x.cuid = which.cuid;
            x.mid = which.mid;
            x.if_match = true;
            x.body = sig::encode(sig::mitigation_scope{{std::move(body)}});
            ask_as_client(std::move(x), promise);
          },
          [promise](caf::error& err) mutable {
            promise.deliver(std::move(err));
          });
  return promise;
}

/// Serves a request of `own_orders`; the answer is what has become of it.
void supervisor_state::ask_as_client(dots_request request,
                                     view_promise promise) {
  request.from.customer = own_orders;
  request.from.identity = own_orders;
  request.from.address = "here";
  client_key key{std::string{own_orders}, std::string{own_orders}};
  auto known = clients_.find(key);
  auto client = known == clients_.end() ? spawn_client(key) : known->second;
  self_->request(client, order_patience, atom::serve_v, request)
      .then(
          [this, client, mid = *request.mid,
           promise](const dots_response& x) mutable {
            if (x.code >> 5 != 2) {
              promise.deliver(to_error(why_refused(x)));
              return;
            }
            self_->request(client, order_patience, atom::status_v, mid)
                .then(
                    [promise](mitigation_view& view) mutable {
                      promise.deliver(std::move(view));
                    },
                    [promise](caf::error& err) mutable {
                      promise.deliver(std::move(err));
                    });
          },
          [promise](caf::error& err) mutable {
            promise.deliver(std::move(err));
          });
}

} // namespace tocsin::actors
