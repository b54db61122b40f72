// DATA UPSTREAM: what operators ask for.
#include "actors/data_upstream.hpp"

#include "protocol/data/advice.hpp"
#include "protocol/data/client_state.hpp"
#include "protocol/data/module.hpp"
#include "protocol/json/writer.hpp"
#include "protocol/yang/encode.hpp"

#include <algorithm>

namespace tocsin::actors {

namespace {

namespace data = protocol::data;
namespace restconf = protocol::restconf;
namespace yang = protocol::yang;
using data::entry_kind;
using data::entry_name;
using protocol::json::writer;

bool is_good(const restconf::response& x) {
  return x.status / 100 == 2;
}

void write_list(writer& out, std::string_view name,
                const std::vector<std::string>& list) {
  out.key(name).begin_array();
  for (const auto& x : list)
    out.value(x);
  out.end_array();
}

failure no_such(const data_order& x) {
  return fail(ec::not_found, x.name,
              "the server holds no " + to_string(entry_name{x.kind, x.name})
                  + " of this client; `tocsin "
                  + (x.kind == entry_kind::alias ? "alias" : "filter")
                  + " list` shows what it holds");
}

failure not_understood(const yang::error& why) {
  return fail(ec::malformed, why.path,
              "the server's answer makes no sense: " + why.message);
}

} // namespace

caf::result<data_reply> data_upstream_state::order(data_order what) {
  if (finishing_)
    return to_error(fail(ec::closed, setup_.name, "the node shuts down"));
  if (orders_.size() >= setup_.waiting)
    return to_error(fail(ec::unavailable, setup_.name,
                         "too many orders wait for this data channel"));
  auto x = std::make_shared<errand>();
  x->until = now() + what.patience;
  x->what = std::move(what);
  x->promise = self_->make_response_promise<data_reply>();
  if (!machine_.ready())
    machine_.hurry();
  orders_.push_back(x);
  work();
  return x->promise;
}

/// Nothing of an order can be done before root and registration are known.
bool data_upstream_state::serve_order() {
  if (orders_.empty() || !machine_.ready())
    return false;
  auto x = std::move(orders_.front());
  orders_.pop_front();
  busy_ = true;
  run(x);
  return true;
}

void data_upstream_state::fail_orders(const failure& why) {
  for (auto& x : std::exchange(orders_, {}))
    x->promise.deliver(to_error(why));
}

void data_upstream_state::expire_orders() {
  auto trouble = machine_.status().trouble;
  auto why = fail(ec::timeout, setup_.name,
                  trouble.empty() ? "the data channel did not get that far"
                                  : "last trouble: " + trouble);
  std::erase_if(orders_, [&](const errand_ptr& x) {
    if (now() < x->until)
      return false;
    x->promise.deliver(to_error(why));
    return true;
  });
}

void data_upstream_state::conclude(const errand_ptr& x,
                                   const result<data_reply>& outcome) {
  if (outcome)
    x->promise.deliver(*outcome);
  else
    x->promise.deliver(to_error(outcome.error()));
  release();
}

void data_upstream_state::run(const errand_ptr& x) {
  using verb = data_order::verb;
  switch (x->what.what) {
  case verb::list:
  case verb::show:
    return ask(machine_.get_client(), x->until - now(),
               [this, x](const result<restconf::response>& answer) {
                 conclude(x, answer ? read(x->what, *answer)
                                    : result<data_reply>{answer.error()});
               });
  case verb::capabilities:
    return ask(machine_.get_capabilities(), x->until - now(),
               [this, x](const result<restconf::response>& answer) {
                 conclude(x, answer ? read_capabilities(*answer)
                                    : result<data_reply>{answer.error()});
               });
  case verb::put:
  case verb::put_all:
    return put(x);
  case verb::remove:
    return remove(x);
  }
}

result<data_reply>
data_upstream_state::read(const data_order& what,
                          const restconf::response& answer) const {
  if (!is_good(answer))
    return data::explain(answer);
  auto all = data::read_held(answer.body, cuid_);
  if (!all)
    return not_understood(all.error());
  bool one = what.what == data_order::verb::show;
  std::erase_if(*all, [&](const auto& entry) {
    return entry.key.kind != what.kind || (one && entry.key.name != what.name);
  });
  if (all->empty() && one)
    return no_such(what);
  return data_reply{describe(what, *all), false};
}

/// {"upstream":...,"managed":{...},"refused":{...},"data":{...}}
std::string
data_upstream_state::describe(const data_order& what,
                              const std::vector<data::held_entry>& all) const {
  writer out;
  out.begin_object()
      .member("upstream", setup_.name)
      .member("cuid", cuid_)
      .member("state", summary());
  out.key("managed").begin_object();
  for (const auto& x : all)
    if (is_configured(x.key))
      out.member(x.key.name, "configuration");
    else if (ordered_.contains(x.key))
      out.member(x.key.name, "operator");
  out.end_object();
  out.key("refused").begin_object();
  for (const auto& [key, why] : machine_.status().refused)
    if (key.kind == what.kind
        && (what.what == data_order::verb::list || key.name == what.name))
      out.member(key.name, why);
  out.end_object();
  std::vector<const yang::data_node*> nodes;
  for (const auto& x : all)
    nodes.push_back(&x.whole);
  out.key("data").raw(data::to_document(nodes, what.kind));
  return std::move(out.end_object()).str();
}

result<data_reply>
data_upstream_state::read_capabilities(const restconf::response& answer) const {
  if (!is_good(answer))
    return data::explain(answer);
  auto found = data::read_capabilities(answer.body);
  if (!found)
    return not_understood(found.error());
  writer out;
  out.begin_object().member("upstream", setup_.name);
  out.key("capabilities").raw(yang::encode_value(*found, data::module_name));
  return data_reply{std::move(out.end_object()).str(), false};
}

/// What an order puts, judged before the server has to.
result<std::deque<data::wanted_entry>>
data_upstream_state::entries_of(const data_order& x) const {
  auto all = data::read_wanted(x.body);
  if (!all)
    return fail(ec::unacceptable, all.error().path, all.error().message);
  bool one = x.what == data_order::verb::put;
  if (one && (all->size() != 1 || all->front().key.name != x.name))
    return fail(ec::malformed, "body",
                "it has to hold '" + x.name + "', and nothing else");
  for (const auto& entry : *all) {
    if (entry.key.kind != x.kind)
      return fail(ec::malformed, "body",
                  "aliases and filters are put by different calls");
    if (is_configured(entry.key))
      return fail(ec::conflict, entry.key.name,
                  to_string(entry.key)
                      + " comes from this node's configuration: change it "
                        "there, and start the node anew");
    const auto& can = machine_.abilities();
    if (auto bad = can ? data::judge(entry, *can) : std::nullopt)
      return fail(ec::unsupported, bad->path,
                  bad->message
                      + "; `tocsin capabilities` shows what the "
                        "server can do");
  }
  return std::deque<data::wanted_entry>{std::make_move_iterator(all->begin()),
                                        std::make_move_iterator(all->end())};
}

/// Only what is durable is acknowledged.
void data_upstream_state::store_then(const errand_ptr& x,
                                     storage::transaction changes,
                                     std::function<void()> then) {
  self_
      ->request(setup_.keeper, store_patience, atom::commit_v,
                std::move(changes))
      .then([then](ack) { then(); },
            [this, x](const caf::error& why) { conclude(x, to_failure(why)); });
}

void data_upstream_state::put(const errand_ptr& x) {
  auto entries = entries_of(x->what);
  if (!entries)
    return conclude(x, entries.error());
  x->to_put = *entries;
  put_next(x);
}

/// One after another: entries of an import stand for themselves, and an error
/// says how many of them the server has by then.
void data_upstream_state::put_next(const errand_ptr& x) {
  if (x->to_put.empty()) {
    writer out;
    write_list(out.begin_object().member("upstream", setup_.name), "created",
               x->created);
    write_list(out, "replaced", x->replaced);
    return conclude(
        x, data_reply{std::move(out.end_object()).str(), !x->created.empty()});
  }
  auto entry = std::move(x->to_put.front());
  x->to_put.pop_front();
  auto left = std::max<duration>(x->until - now(), std::chrono::seconds{1});
  ask(machine_.put(entry), left,
      [this, x, entry](const result<restconf::response>& answer) {
        if (!answer || !is_good(*answer)) {
          auto why = answer ? data::explain(*answer) : answer.error();
          auto done = x->created.size() + x->replaced.size();
          if (x->what.what == data_order::verb::put_all)
            why.detail = to_string(entry.key) + ": " + why.detail + " ("
                         + std::to_string(done)
                         + " entries before it are at the server now)";
          return conclude(x, why);
        }
        bool created = answer->status == 201;
        auto what = created ? "data create" : "data change";
        storage::transaction changes{
            record_of(entry, true),
            audit(x->what.who, what, entry.key, "done, under cuid " + cuid_)};
        store_then(x, std::move(changes), [this, x, entry, created] {
          ordered_[entry.key] = entry;
          machine_.was_put(entry, now());
          tell_upstream();
          (created ? x->created : x->replaced).push_back(entry.key.name);
          put_next(x);
        });
      });
}

void data_upstream_state::remove(const errand_ptr& x) {
  entry_name key{x->what.kind, x->what.name};
  if (is_configured(key))
    return conclude(x, fail(ec::conflict, key.name,
                            to_string(key)
                                + " comes from this node's configuration: "
                                  "take it out there, and start the node "
                                  "anew"));
  ask(machine_.remove(key), x->until - now(),
      [this, x, key](const result<restconf::response>& answer) {
        if (!answer)
          return conclude(x, answer.error());
        on_removed(x, key, *answer);
      });
}

void data_upstream_state::on_removed(const errand_ptr& x, const entry_name& key,
                                     const restconf::response& answer) {
  bool is_gone = answer.status == 404;
  if (!is_good(answer) && !is_gone)
    return conclude(x, data::explain(answer));
  bool known = ordered_.erase(key) > 0;
  machine_.was_removed(key);
  tell_upstream();
  if (is_gone && !known)
    return conclude(x, no_such(x->what));
  storage::transaction changes{
      storage::edit_data{data_store_key(setup_.name),
                         data::erase_entry{cuid_, key.kind, key.name}},
      audit(x->what.who, "data remove", key, "done, under cuid " + cuid_)};
  store_then(x, std::move(changes), [this, x, key] {
    writer out;
    out.begin_object()
        .member("upstream", setup_.name)
        .member("removed", key.name)
        .end_object();
    conclude(x, data_reply{std::move(out).str(), false});
  });
}

} // namespace tocsin::actors
