// SUPERVISOR: the data channels of a client node.
#include "actors/supervisor.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace tocsin::actors {

namespace {

/// Reading a large store.
constexpr std::chrono::minutes load_patience{10};

constexpr std::chrono::seconds answer_patience{10};

/// What the store has for the data channel to an upstream.
storage::data_snapshot part_of(const storage::snapshot& all,
                               const std::string& upstream) {
  auto key = data_store_key(upstream);
  auto i = std::ranges::find(all.data, key, &storage::data_snapshot::customer);
  return i == all.data.end() ? storage::data_snapshot{key, {}, {}} : *i;
}

} // namespace

void supervisor_state::spawn_data_upstream(std::size_t index) {
  auto setup =
      std::make_shared<data_upstream_setup>(setup_.data_upstreams[index]);
  setup->keeper = keeper_;
  auto signal =
      std::ranges::find(setup_.upstreams, setup->name, &upstream_setup::name);
  setup->resolver =
      signal == setup_.upstreams.end() ? resolver_ : resolver_of(signal->names);
  setup->clock = setup_.clock;
  data_upstreams_[index] = self_->spawn(data_upstream, std::move(setup));
  watch(caf::actor_cast<caf::actor>(data_upstreams_[index]));
  introduce(setup_.data_upstreams[index].name);
}

/// Makes the UPSTREAM and the DATA UPSTREAM of a server known to each other.
void supervisor_state::introduce(const std::string& upstream) {
  for (std::size_t i = 0; i < data_upstreams_.size(); ++i)
    for (std::size_t k = 0; k < upstreams_.size(); ++k)
      if (setup_.data_upstreams[i].name == upstream
          && setup_.upstreams[k].name == upstream)
        self_->send(upstreams_[k], atom::store_v,
                    caf::actor_cast<caf::strong_actor_ptr>(data_upstreams_[i]));
}

/// Nobody waits for that: no mitigation depends on a data channel.
void supervisor_state::restore_data_upstreams(const storage::snapshot& all) {
  for (std::size_t i = 0; i < data_upstreams_.size(); ++i)
    self_
        ->request(data_upstreams_[i], load_patience, atom::restore_v,
                  part_of(all, setup_.data_upstreams[i].name))
        .then([](ack) {},
              [](const caf::error& why) {
                spdlog::error("a data channel's state was not restored: {}",
                              to_string(to_failure(why)));
              });
}

bool supervisor_state::restart_data_upstream(const caf::actor_addr& dead) {
  auto i = std::ranges::find_if(
      data_upstreams_, [&](const auto& x) { return x.address() == dead; });
  if (i == data_upstreams_.end())
    return false;
  auto index = static_cast<std::size_t>(i - data_upstreams_.begin());
  auto upstream = setup_.data_upstreams[index].name;
  spdlog::error("the data channel to {} failed and is started again", upstream);
  spawn_data_upstream(index);
  self_->request(keeper_, load_patience, atom::load_v)
      .then(
          [this, upstream, handle = *i](const storage::snapshot& all) {
            self_
                ->request(handle, load_patience, atom::restore_v,
                          part_of(all, upstream))
                .then([](ack) {}, [](const caf::error&) {});
          },
          [](const caf::error&) {});
  return true;
}

caf::result<caf::strong_actor_ptr>
supervisor_state::find_data_upstream(const std::string& wanted) {
  std::string names;
  for (std::size_t i = 0; i < data_upstreams_.size(); ++i) {
    const auto& one = setup_.data_upstreams[i].name;
    if (one == wanted || (wanted.empty() && data_upstreams_.size() == 1))
      return caf::actor_cast<caf::strong_actor_ptr>(data_upstreams_[i]);
    names += (names.empty() ? "" : ", ") + one;
  }
  if (names.empty())
    return to_error(fail(ec::unsupported, "upstream",
                         "this node has no data channel to an upstream: add "
                         "[client.upstream.data] to its configuration"));
  if (wanted.empty())
    return to_error(
        fail(ec::missing, "upstream",
             "there are several data channels; name one of " + names));
  return to_error(
      fail(ec::not_found, "upstream",
           "there is no data channel to '" + wanted + "', but to " + names));
}

/// Adds to each upstream how its data channel is.
void supervisor_state::summarize_data(std::shared_ptr<node_view> view,
                                      std::function<void()> done) {
  if (data_upstreams_.empty())
    return done();
  auto open = std::make_shared<std::size_t>(data_upstreams_.size());
  auto close = [open, done] {
    if (--*open == 0)
      done();
  };
  for (std::size_t i = 0; i < data_upstreams_.size(); ++i)
    self_->request(data_upstreams_[i], answer_patience, atom::status_v)
        .then(
            [view, close, upstream = setup_.data_upstreams[i].name](
                const std::string& text) {
              for (auto& x : view->upstreams)
                if (x.name == upstream)
                  x.data = text;
              close();
            },
            [close](const caf::error&) { close(); });
}

} // namespace tocsin::actors
