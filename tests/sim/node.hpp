#pragma once
#include "actors/supervisor.hpp"
#include "tests/sim/network.hpp"
#include "tests/sim/site.hpp"
#include "tests/support/fake_actors.hpp"

#include <functional>
#include <memory>
#include <string>

namespace tocsin::sim {

/// A store whose commits take time, as a disk does; what it holds outlives the
/// node.
struct disk : test::fake_store {
  /// Sees every change when it is durable.
  std::function<void(const storage::change&)> durable;
  /// For tests of the judge: commits are acknowledged, and forgotten.
  bool forgets = false;
};

/// What both kinds of node have in common: a life that may end at any moment
/// and begin anew from the disk.
class node {
public:
  explicit node(world& in) : world_{in} {}
  virtual ~node() = default;

  virtual void start() = 0;
  /// The process ends without a word.
  virtual void crash();
  /// An orderly end, then the crash that cannot hurt any more.
  virtual void stop() = 0;

  bool alive() const { return alive_; }
  /// It is up, and was so for this long.
  duration age() const {
    return alive_ ? world_.now() - started_ : duration::zero();
  }
  disk& store() { return *disk_; }
  const actors::supervisor_actor& root() const { return root_; }
  /// What asks its server, in its role as a client; null while it is not there.
  const actors::upstream_actor& upstream() const { return upstream_; }
  /// When it last ended in order.
  std::optional<time_point> departed() const noexcept { return departed_; }

protected:
  /// Fills in what any node needs, and starts it.
  void launch(std::shared_ptr<actors::supervisor_setup> setup);
  /// Asks it for its UPSTREAM, once it has been launched.
  void find_upstream();
  /// Tells it to end, and lets it crash a moment later.
  void finish();

  world& world_;
  std::shared_ptr<disk> disk_ = std::make_shared<disk>();
  actors::supervisor_actor root_;
  std::vector<caf::actor> parts_;
  std::uint64_t life_ = 0; ///< counts starts
  bool alive_ = false;
  time_point started_;
  std::optional<time_point> departed_;
  actors::upstream_actor upstream_;
};

/// The addresses of a plan, which nothing translates on this network; without a
/// table the private ones would be refused.
protocol::signal::address_translation the_same_outside();

/// The DOTS server.
class server_node final : public node {
public:
  struct settings {
    protocol::signal::customer_table customers;
    protocol::signal::config_policy policy;
    protocol::signal::lifecycle_settings life;
    protocol::signal::conflict_rules conflicts;
  };

  server_node(world& in, network& net, settings x)
      : node{in}, network_{net}, settings_{std::move(x)}, device{in} {}
  ~server_node() override { crash(); }

  void start() override;
  void crash() override;
  void stop() override;

private:
  network& network_;
  settings settings_;

public:
  site device;
};

/// A DOTS client with its operator.
class client_node final : public node {
public:
  struct settings {
    client_door door;
    std::string cuid;
    std::size_t customer = 0;
  };

  client_node(world& in, network& net, settings x)
      : node{in}, network_{net}, settings_{std::move(x)} {}
  ~client_node() override { crash(); }

  void start() override;
  void crash() override;
  void stop() override;

  const settings& who() const { return settings_; }

private:
  network& network_;
  settings settings_;
};

} // namespace tocsin::sim
