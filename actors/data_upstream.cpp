// DATA UPSTREAM: keeps a server in step.
#include "actors/data_upstream.hpp"

#include "protocol/data/client_state.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace tocsin::actors {

namespace {

namespace data = protocol::data;
namespace restconf = protocol::restconf;

/// A record's `order`: whose wish it is.
constexpr std::int64_t by_configuration = 0;
constexpr std::int64_t by_operator = 1;

/// For an answer to what nobody waits for.
constexpr std::chrono::seconds answer_patience{30};

/// After the store has failed.
constexpr std::chrono::seconds store_pause{10};

transports::web_request to_web(const restconf::request& x) {
  transports::web_request out;
  out.method = x.method;
  out.target = x.target;
  if (x.accept)
    out.fields.add("accept", *x.accept);
  if (x.content_type)
    out.fields.add("content-type", *x.content_type);
  out.body = x.body;
  return out;
}

restconf::response from_web(const http_answer& x) {
  restconf::response out;
  out.status = x.status;
  for (const auto& field : x.fields)
    out.headers.push_back({field.name, field.value});
  out.body = x.body;
  return out;
}

} // namespace

std::string data_store_key(const std::string& upstream) {
  return "upstream " + upstream;
}

/// A DATA CLIENT without its owner would stay for ever.
data_upstream_state::~data_upstream_state() {
  if (client_)
    caf::anon_send(client_, atom::finish_v);
}

void data_upstream_state::init(data_upstream_setup setup) {
  setup_ = std::move(setup);
  machine_ = data::provisioner{setup_.provision};
  for (const auto& x : setup_.wanted) {
    configured_.insert(x.key);
    machine_.want(x);
  }
}

bool data_upstream_state::is_configured(const data::entry_name& x) const {
  return configured_.contains(x);
}

/// What was stored under several cuids is the same wish.
ack data_upstream_state::restore(const storage::data_snapshot& stored) {
  for (const auto& x : stored.registrations)
    machine_.leave_behind(x.cuid);
  for (const auto& x : stored.entries) {
    data::entry_name key{x.kind, x.name};
    if (is_configured(key))
      continue;
    if (x.order != by_operator) {
      machine_.drop(key, true);
      continue;
    }
    auto node = data::parse_entry(x.cuid, x.kind, x.text);
    if (!node) {
      spdlog::error("data channel to {}: {} is damaged in the store and "
                    "forgotten",
                    setup_.name, to_string(key));
      continue;
    }
    data::wanted_entry entry{key, *std::move(node)};
    ordered_[key] = entry;
    machine_.want(std::move(entry));
  }
  restored_ = true;
  begin_use();
  return ack::done;
}

void data_upstream_state::use(const std::string& cuid,
                              const caf::strong_actor_ptr& upstream) {
  auto handle = caf::actor_cast<upstream_actor>(upstream);
  if (handle != upstream_) {
    upstream_ = handle;
    told_.clear(); // it is another one, which knows nothing yet
  }
  wanted_cuid_ = cuid;
  if (restored_)
    begin_use();
}

storage::edit_data data_upstream_state::record_of(const data::wanted_entry& x,
                                                  bool ordered) const {
  data::entry_record record;
  record.cuid = wanted_cuid_;
  record.kind = x.key.kind;
  record.name = x.key.name;
  record.text = data::entry_text(x.node);
  record.order = ordered ? by_operator : by_configuration;
  return {data_store_key(setup_.name), data::put_entry{std::move(record)}};
}

/// Durable before it is used: whatever is registered is found again when the
/// cuid changes, also by a node that was started anew (RFC 9132, Section
/// 4.4.1.1).
void data_upstream_state::begin_use() {
  if (wanted_cuid_.empty() || storing_cuid_ || finishing_)
    return;
  if (wanted_cuid_ == cuid_) {
    machine_.use(cuid_, now());
    tell_upstream();
    return work();
  }
  storage::transaction changes;
  data::registration_record record;
  record.cuid = wanted_cuid_;
  changes.push_back(storage::edit_data{data_store_key(setup_.name),
                                       data::put_registration{record}});
  for (const auto& x : setup_.wanted)
    changes.push_back(record_of(x, false));
  for (const auto& [_, x] : ordered_)
    changes.push_back(record_of(x, true));
  storing_cuid_ = true;
  self_
      ->request(setup_.keeper, store_patience, atom::commit_v,
                std::move(changes))
      .then(
          [this, cuid = wanted_cuid_](ack) {
            storing_cuid_ = false;
            cuid_ = cuid;
            machine_.use(cuid, now());
            if (cuid == wanted_cuid_)
              work();
            else
              begin_use();
          },
          [this](const caf::error& why) {
            storing_cuid_ = false;
            spdlog::error("data channel to {}: state not stored: {}",
                          setup_.name, to_string(to_failure(why)));
            arm_at(now() + store_pause);
          });
}

void data_upstream_state::on_tick() {
  // One that was overtaken by an earlier one ends here, or there would only
  // ever be more of them.
  if (finishing_ || (armed_ && now() < *armed_))
    return;
  armed_.reset();
  expire_orders();
  if (restored_ && wanted_cuid_ != cuid_)
    return begin_use();
  work();
}

/// Begins whatever can be begun.
void data_upstream_state::work() {
  if (finishing_)
    return;
  if (!busy_ && !cuid_.empty() && cuid_ == wanted_cuid_ && !serve_order())
    step();
  arm();
}

void data_upstream_state::step() {
  auto x = machine_.next(now());
  if (!x)
    return;
  ask(*x, answer_patience, [this](const result<restconf::response>& answer) {
    note(answer ? machine_.on_answer(*answer, now())
                : machine_.on_failure(answer.error(), now()));
    release();
  });
}

void data_upstream_state::arm() {
  std::optional<time_point> due;
  if (!busy_)
    due = machine_.next_deadline();
  for (const auto& x : orders_)
    due = due ? std::min(*due, x->until) : x->until;
  if (due)
    arm_at(*due);
}

void data_upstream_state::arm_at(time_point due) {
  if (armed_ && *armed_ <= due)
    return;
  armed_ = due;
  self_->delayed_send(self_, std::max<duration>(due - now(), duration{0}),
                      atom::tick_v);
}

void data_upstream_state::open() {
  if (client_)
    return;
  auto made = setup_.open(setup_.resolver);
  if (!made) {
    spdlog::error("data channel to {}: {}", setup_.name,
                  to_string(made.error()));
    return;
  }
  client_ = *made;
  self_->monitor(client_);
}

void data_upstream_state::on_down(const caf::down_msg& msg) {
  if (client_ && msg.source == client_.address())
    client_ = data_client_actor{}; // the next request starts another one
}

/// One at a time: `then` calls release() in the end.
void data_upstream_state::ask(const restconf::request& x, duration patience,
                              answer_function then) {
  busy_ = true;
  open();
  if (!client_)
    return then(fail(ec::unavailable, setup_.name, "no DATA CLIENT"));
  // DATA CLIENT keeps to the patience; more is for a DATA CLIENT that died.
  self_
      ->request(client_, patience + std::chrono::seconds{5}, atom::request_v,
                http_order{to_web(x), patience})
      .then([then](const http_answer& answer) { then(from_web(answer)); },
            [then](const caf::error& why) { then(to_failure(why)); });
}

void data_upstream_state::release() {
  busy_ = false;
  work();
}

void data_upstream_state::finish() {
  finishing_ = true;
  fail_orders(fail(ec::closed, setup_.name, "the node shuts down"));
  if (client_)
    self_->send(client_, atom::finish_v);
}

data_upstream_actor::behavior_type
data_upstream(data_upstream_actor::stateful_pointer<data_upstream_state> self,
              std::shared_ptr<data_upstream_setup> setup) {
  auto* state = &self->state;
  state->init(std::move(*setup));
  self->set_down_handler(
      [state](const caf::down_msg& msg) { state->on_down(msg); });
  return {
      [state](atom::restore, const storage::data_snapshot& stored) {
        return state->restore(stored);
      },
      [state](atom::client, const std::string& cuid,
              const caf::strong_actor_ptr& upstream) {
        state->use(cuid, upstream);
      },
      [state](atom::order, data_order& what) {
        return state->order(std::move(what));
      },
      [state](atom::status) { return state->summary(); },
      [state](atom::finish) { state->finish(); },
      [state](atom::tick) { state->on_tick(); },
  };
}

} // namespace tocsin::actors
