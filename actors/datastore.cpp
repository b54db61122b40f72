// DATASTORE: requests of the data channel, and how their edits become durable.
#include "actors/datastore.hpp"

#include "protocol/data/module.hpp"

#include <spdlog/spdlog.h>

namespace tocsin::actors {

namespace data = protocol::data;
namespace restconf = protocol::restconf;
namespace sig = protocol::signal;

namespace {

/// For the KEEPER, whose commits take milliseconds.
constexpr std::chrono::seconds store_patience{20};

/// Before an expiry that could not be stored is tried again: it is due at once.
constexpr std::chrono::seconds expiry_pause{60};

bool is_edit(const std::string& method) {
  return method == "POST" || method == "PUT" || method == "PATCH"
         || method == "DELETE";
}

std::optional<std::string> field_of(const http_call& call,
                                    std::string_view name) {
  if (call.request.fields.count(name) == 0)
    return std::nullopt;
  return call.request.fields.list(name);
}

http_answer to_answer(restconf::response x) {
  http_answer out;
  out.status = x.status;
  for (auto& field : x.headers)
    out.fields.add(field.name, std::move(field.value));
  out.body = std::move(x.body);
  if (x.represented_length)
    out.fields.set("content-length", std::to_string(*x.represented_length));
  return out;
}

http_answer unavailable(std::string why) {
  auto out = to_answer(restconf::to_response(restconf::refusal{
      503, protocol::yang::error{protocol::yang::error_tag::operation_failed,
                                 {},
                                 std::move(why)}}));
  out.fields.set("retry-after", "10");
  return out;
}

} // namespace

void datastore_state::init(datastore_setup setup) {
  setup_ = std::move(setup);
  store_ = std::make_unique<data::datastore>(*setup_.who, setup_.settings);
  restconf_ = std::make_unique<restconf::handler>(
      data::rows::datastore, restconf::data_channel_modules(), setup_.root);
}

sig::instant datastore_state::instant() const {
  auto now = self_->clock().now();
  return {now, setup_.clock.at(now)};
}

ack datastore_state::restore(const storage::data_snapshot& stored) {
  for (const auto& trouble :
       store_->restore(stored.registrations, stored.entries, instant()))
    spdlog::error("data channel of {}: {}", setup_.who->name, trouble);
  for (const auto& x : stored.registrations)
    refresh_filters(x.cuid);
  arm();
  return ack::done;
}

restconf::request datastore_state::to_request(const http_call& call) const {
  restconf::request x;
  x.method = call.request.method;
  x.target = call.request.target;
  x.accept = field_of(call, "accept");
  x.content_type = field_of(call, "content-type");
  x.if_match = field_of(call, "if-match");
  x.if_none_match = field_of(call, "if-none-match");
  x.if_modified_since = field_of(call, "if-modified-since");
  x.if_unmodified_since = field_of(call, "if-unmodified-since");
  x.host = field_of(call, "host").value_or("");
  x.body = call.request.body;
  return x;
}

caf::result<http_answer> datastore_state::serve(http_call call) {
  auto promise = self_->make_response_promise<http_answer>();
  if (is_edit(call.request.method)) {
    if (waiting_.size() >= max_waiting_edits)
      promise.deliver(unavailable("too many edits wait; try again"));
    else
      edit([this, call = std::move(call), promise] {
        serve_edit(call, promise);
      });
    return promise;
  }
  data::agent_view view{*store_, {call.from.identity}, instant()};
  promise.deliver(to_answer(restconf_->handle(to_request(call), view)));
  return promise;
}

/// One edit at a time: what it is based on does not change under it.
void datastore_state::edit(std::function<void()> work) {
  waiting_.push_back(std::move(work));
  if (!editing_)
    next_edit();
}

void datastore_state::next_edit() {
  while (!editing_ && !waiting_.empty()) {
    auto work = std::move(waiting_.front());
    waiting_.pop_front();
    work();
  }
}

void datastore_state::serve_edit(
    const http_call& call, caf::typed_response_promise<http_answer> promise) {
  data::agent_view view{*store_, {call.from.identity}, instant()};
  auto response = restconf_->handle(to_request(call), view);
  auto staged = std::move(view.staged());
  auto what = call.request.method + ' ' + call.request.target;
  if (!staged) {
    spdlog::info("data channel of {}: {} refused {} with {}", setup_.who->name,
                 call.from.identity, what, response.status);
    promise.deliver(to_answer(std::move(response)));
    return;
  }
  store(std::move(*staged), {call.from.identity, std::move(what)},
        [this, promise, response](const failure* why) mutable {
          if (why == nullptr)
            promise.deliver(to_answer(std::move(response)));
          else
            promise.deliver(unavailable("nothing was changed, as it cannot be "
                                        "stored: "
                                        + why->detail));
        });
}

storage::transaction datastore_state::to_store(const data::staged_edit& x,
                                               edit_reason why) const {
  auto out = std::move(why.with);
  if (x.ticket == 0)
    return out;
  auto who = why.who.empty() ? setup_.who->name : std::move(why.who);
  for (const auto& change : x.changes)
    out.push_back(storage::edit_data{setup_.who->name, change});
  if (!why.signal)
    out.push_back(storage::append_audit{
        {instant().wall, who, "data-channel", x.cuid, why.what}});
  for (const auto& step : x.activations)
    out.push_back(storage::append_audit{
        {instant().wall, who, "filter", x.cuid + " ACL '" + step.acl + '\'',
         std::string{data::to_string(step.from)} + " -> "
             + std::string{data::to_string(step.to)} + ", by " + why.what}});
  return out;
}

/// Makes an edit durable, with its lines in the audit trail. `then` gets null,
/// or why nothing has changed.
void datastore_state::store(data::staged_edit x, edit_reason why,
                            std::function<void(const failure*)> then) {
  auto changes = to_store(x, why);
  if (changes.empty()) { // all was as ordered
    then(nullptr);
    return;
  }
  editing_ = true;
  auto done = [this, x, signal = why.signal, then](const failure* bad) {
    editing_ = false;
    if (bad == nullptr) {
      store_->confirm(x.ticket);
      in_force(x, signal);
    } else if (store_->roll_back(x.ticket)) {
      refresh_filters(x.cuid);
    }
    then(bad);
    arm();
    next_edit();
  };
  self_
      ->request(setup_.keeper, store_patience, atom::commit_v,
                std::move(changes))
      .then([done](ack) { done(nullptr); },
            [done](const caf::error& e) {
              auto bad = to_failure(e);
              done(&bad);
            });
}

void datastore_state::in_force(const data::staged_edit& x, bool signal) {
  for (const auto& step : x.activations)
    spdlog::info("data channel of {}: ACL '{}' of {} is {} now, and was {}",
                 setup_.who->name, step.acl, x.cuid, data::to_string(step.to),
                 data::to_string(step.from));
  if (x.filters_changed)
    refresh_filters(x.cuid);
  if (!signal)
    tell_client(x);
}

caf::result<sig::target> datastore_state::resolve(const alias_query& x) {
  auto found = store_->resolve({x.identity}, x.cuid, x.names);
  if (!found)
    return to_error(found.error());
  return *found;
}

/// What has outlived its lifetime goes, one client at a time.
void datastore_state::expire() {
  edit([this] {
    auto x = store_->on_time(instant());
    if (!x)
      return arm();
    spdlog::info("data channel of {}: entries of {} have expired",
                 setup_.who->name, x->cuid);
    store(std::move(*x), {{}, "expiry"}, [this](const failure* why) {
      if (why == nullptr)
        return expire();
      pause_until_ = self_->clock().now() + expiry_pause;
    });
  });
}

void datastore_state::arm() {
  auto due = store_->next_deadline();
  if (due && pause_until_)
    due = std::max(*due, *pause_until_);
  alarm_.set(self_, due);
}

void datastore_state::on_tick(std::uint64_t generation) {
  if (alarm_.rang(generation))
    expire();
}

datastore_actor::behavior_type
datastore(datastore_actor::stateful_pointer<datastore_state> self,
          std::shared_ptr<datastore_setup> setup) {
  auto& state = self->state;
  state.init(std::move(*setup));
  return {
      [&state](atom::serve, http_call& x) { return state.serve(std::move(x)); },
      [&state](atom::restore, const storage::data_snapshot& x) {
        return state.restore(x);
      },
      [&state](atom::resolve, const alias_query& x) {
        return state.resolve(x);
      },
      [&state](atom::control, filter_order& x) {
        return state.control(std::move(x));
      },
      [&state](atom::mode, const std::string& cuid, bool mitigating) {
        state.set_mode(cuid, mitigating);
      },
      [&state](atom::counters, const std::string& identity,
               const std::string& cuid) {
        return state.accepted(identity, cuid);
      },
      [&state](atom::adopt, mitigator_table& x) { state.adopt(std::move(x)); },
      [&state](atom::counters,
               const std::vector<mitigators::entry_counters>& xs) {
        state.count(xs);
      },
      [&state](atom::report, const enforcement_report& x) { state.report(x); },
      [&state](atom::config, const data::filter_abilities& can) {
        state.learn(can);
      },
      [&state](atom::list) { return state.list(); },
      [&state](atom::status, const std::string& cuid) {
        return state.details(cuid);
      },
      [&state](atom::tick, std::uint64_t x) { state.on_tick(x); },
  };
}

} // namespace tocsin::actors
