#include "roles/node.hpp"

#include "actors/console.hpp"
#include "actors/supervisor.hpp"
#include "roles/cli/cli.hpp"
#include "roles/config/data_channel.hpp"
#include "roles/config/data_terms.hpp"
#include "roles/config/session_terms.hpp"
#include "roles/data_channel.hpp"
#include "roles/drivers.hpp"
#include "roles/logging.hpp"
#include "roles/network.hpp"
#include "roles/paths.hpp"
#include "roles/relays.hpp"
#include "roles/siblings.hpp"
#include "roles/version.hpp"
#include "transports/crypto/certificate.hpp"
#include "transports/crypto/digest.hpp"
#include "transports/http_server.hpp"
#include "transports/interfaces.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <sys/stat.h>

namespace tocsin::roles {

namespace {

namespace sig = protocol::signal;
namespace fs = std::filesystem;

using credentials = std::shared_ptr<const transports::credentials>;
using tickets_ptr = std::shared_ptr<const transports::ticket_keys>;

/// Who is in which group may use the node: the socket's file mode.
constexpr unsigned control_mode = 0660;

result<credentials> load_identity(const identity_files& files) {
  transports::credential_files x{files.certificate, files.key, files.ca};
  if (!files.crl.empty())
    x.revocation = files.crl;
  if (files.has_psk())
    x.psk = files.psk;
  return transports::credentials::load(x);
}

constexpr std::uint16_t dns_port = 53;

/// What a client authenticates with.
result<credentials> load_client_identity(const identity_files& files) {
  auto out = load_identity(files);
  if (out)
    if (auto ok = transports::check_client(**out); !ok)
      return ok.error();
  return out;
}

result<std::vector<transports::socket_address>>
addresses_of(const std::vector<endpoint>& list) {
  std::vector<transports::socket_address> out;
  for (const auto& where : list) {
    auto address =
        transports::socket_address::parse_host(where.host, where.port);
    if (!address)
      return address.error();
    out.push_back(*address);
  }
  return out;
}

/// The identifier that the configuration gives, or the recipe of RFC 9132,
/// Section 4.4.1.1: from the certificate's public key, or from the identity of
/// the pre-shared key.
result<std::string> cuid_for(const client_config& x, const upstream_config& up,
                             const transports::credentials& own) {
  if (!up.cuid.empty())
    return up.cuid;
  if (!x.cuid.empty())
    return x.cuid;
  if (own.has_certificate())
    return transports::crypto::cuid_of(
        transports::crypto::sha256(own.own().spki));
  return transports::crypto::cuid_of(
      transports::crypto::sha256(as_octets(own.own().psk_identity)));
}

actors::epoch start_clock() {
  auto wall = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::steady_clock::now(),
          std::chrono::duration_cast<std::chrono::seconds>(wall).count()};
}

/// The data channel to one upstream, which shares its credentials.
result<actors::data_upstream_setup> data_setup(const client_config& x,
                                               const upstream_config& up,
                                               const upstream_sessions& signal,
                                               network& net) {
  const auto& data = *up.data;
  actors::data_upstream_setup out;
  out.name = up.name;
  auto port = static_cast<std::uint16_t>(data.port);
  out.server = endpoint{data.host, port}.to_string();
  if (!data.root.empty())
    out.provision.root = data.root;
  auto wanted = wanted_of(x, up);
  if (!wanted)
    return wanted.error();
  out.wanted = *std::move(wanted);
  out.open = net.data_opener({up.name, data.host, port, signal.credentials,
                              signal.resumable, data.server_name, signal.source,
                              signal.interface});
  return out;
}

/// One node under construction; members in the order of their lives.
class node {
public:
  explicit node(const config& what) : config_{what} {}

  result<void> start();
  int wait();
  void stop();

private:
  result<void> assemble(actors::supervisor_setup& setup);
  result<void> add_server(actors::supervisor_setup& setup);
  result<void> add_client(actors::supervisor_setup& setup);
  result<void> open_doors();
  result<void> open_data_channel(const data_config& x, tickets_ptr tickets);
  result<void> open_console();

  const config& config_;
  node_system_config caf_config_{config_};
  caf::actor_system system_{caf_config_};
  driver_host drivers_;
  credentials server_identity_, client_identity_;
  sig::customer_table customers_;
  actors::epoch clock_;
  std::unique_ptr<network> network_;
  actors::supervisor_actor supervisor_;
  actors::console_actor console_;
  caf::actor sibling_door_;
  std::optional<transports::unix_http_server> http_;
};

result<void> node::add_server(actors::supervisor_setup& setup) {
  const auto& x = *config_.server;
  auto identity = load_identity(x.identity);
  if (!identity)
    return identity.error();
  server_identity_ = *identity;
  std::vector<sig::customer> all;
  for (const auto& customer : x.customers) {
    all.push_back(customer.who);
    setup.mitigators_of[customer.who.name] = customer.mitigators;
    for (const auto& [name, addresses] : customer.names)
      setup.names[name] = addresses;
  }
  auto table = sig::customer_table::make(std::move(all));
  if (!table)
    return table.error();
  setup.customers = customers_ = *table;
  for (const auto& m : x.mitigators) {
    setup.mitigators.push_back({m.name, m.driver, config_.node.name,
                                drivers_.starter(m), abilities_of(m), m.stage});
    setup.mitigators.back().takes = m.takes;
  }
  add_relays(setup, x);
  setup.status_interval = x.status_interval;
  setup.conflicts = {x.conflict_policy, x.keep_losers};
  setup.loss.allowed = x.loss_of_signal;
  setup.loss.heartbeats = {x.heartbeat_interval, x.missing_hb_allowed};
  setup.max_mitigations = x.max_mitigations;
  setup.redirects = redirects_of(x);
  setup.life.terminating = x.terminating_period;
  setup.life.terminating_max = x.max_terminating_period;
  setup.life.attack_stopped_after = x.attack_stopped_after;
  setup.roles.push_back("server");
  for (const auto& where : x.listen)
    setup.listening.push_back("udp " + where.to_string());
  for (const auto& where : x.listen_tls)
    setup.listening.push_back("tcp " + where.to_string());
  if (x.data)
    add_data_channel(setup, *x.data);
  return {};
}

result<void> node::add_client(actors::supervisor_setup& setup) {
  const auto& x = *config_.client;
  if (x.identity.given()) {
    auto identity = load_client_identity(x.identity);
    if (!identity)
      return identity.error();
    client_identity_ = *identity;
  }
  auto resumable = std::make_shared<transports::resumption_cache>();
  setup.roles.push_back("client");
  for (const auto& up : x.upstreams) {
    upstream_sessions sessions;
    sessions.name = up.name;
    sessions.credentials = client_identity_;
    sessions.resumable = resumable;
    if (!up.interface.empty())
      if (auto ok = transports::check_interface(up.interface); !ok)
        return fail(ok.error().code,
                    "interface '" + up.interface + "' of upstream '" + up.name
                        + "'",
                    ok.error().detail);
    sessions.interface = up.interface;
    if (up.identity.given()) { // of its network alone (RFC 9284, Section 4.1)
      auto own = load_client_identity(up.identity);
      if (!own)
        return own.error();
      sessions.credentials = *own;
      sessions.resumable = std::make_shared<transports::resumption_cache>();
    }
    sessions.server_name = up.server_name;
    sessions.policy = terms_of(up);
    sessions.wishes = wishes_of(up);
    sessions.clock = setup.clock;
    if (up.source) {
      auto source = transports::socket_address::parse_host(
          up.source->address_string(), 0);
      if (!source)
        return source.error();
      sessions.source = *source;
    }
    sessions.ipv4_datagram = datagram_octets(up, true);
    sessions.ipv6_datagram = datagram_octets(up, false);
    actors::upstream_setup u;
    if (auto ok = add_paths(u, up); !ok)
      return ok;
    u.name = up.name;
    auto cuid = cuid_for(x, up, *sessions.credentials);
    if (!cuid)
      return cuid.error();
    u.cuid = *cuid;
    u.prefixes = up.prefixes;
    u.names.interface = up.interface;
    for (const auto& one : up.resolvers)
      if (auto at = transports::socket_address::parse_host(one.address_string(),
                                                           dns_port))
        u.names.servers.push_back(*at);
    if (const auto* relay = relay_per_client(config_, up.name)) {
      u.per_client = true;
      u.name_clients = relay->cdid;
    }
    using protocol::signal::transport_kind;
    auto& ways = up.transports;
    u.transports = {std::ranges::count(ways, transport_kind::udp) > 0,
                    std::ranges::count(ways, transport_kind::tcp) > 0};
    u.udp_probe = up.udp_probe;
    u.withdraw_when_stopped = x.defaults.withdraw_when_stopped;
    u.renew_by_default = x.defaults.renew;
    if (up.data && up.data->enabled) {
      auto data = data_setup(x, up, sessions, *network_);
      if (!data)
        return data.error();
      setup.data_upstreams.push_back(*std::move(data));
      u.name_aliases = up.data->mitigate_by_name;
    }
    u.open = network_->opener(std::move(sessions));
    for (const auto& alias : x.aliases)
      u.aliases[alias.name] = alias.what;
    setup.upstreams.push_back(std::move(u));
  }
  return x.choice ? add_own_orders(setup, x) : result<void>{};
}

result<void> node::assemble(actors::supervisor_setup& setup) {
  transports::reactor_limits limits;
  std::uint32_t reactors = 1;
  if (config_.server) {
    reactors = config_.server->reactors;
    limits = limits_of(*config_.server);
  }
  network_ = std::make_unique<network>(system_, reactors, limits);
  setup.name = config_.node.name;
  setup.version = std::string{version};
  setup.clock = clock_ = start_clock();
  std::error_code failed;
  if (fs::create_directories(config_.node.data_dir, failed))
    fs::permissions(config_.node.data_dir, fs::perms::owner_all, failed);
  if (failed)
    return fail(ec::io, config_.node.data_dir.string(),
                "the data directory cannot be made: " + failed.message());
  auto store = storage::open_sqlite(config_.node.database().string());
  if (!store)
    return store.error();
  setup.store = std::move(*store);
  if (config_.server)
    if (auto ok = add_server(setup); !ok)
      return ok;
  if (config_.client)
    if (auto ok = add_client(setup); !ok)
      return ok;
  if (config_.siblings)
    setup.siblings = siblings_of(config_, system_);
  return {};
}

result<void> node::open_doors() {
  if (!config_.server)
    return {};
  const auto& x = *config_.server;
  auto udp = addresses_of(x.listen);
  if (!udp)
    return udp.error();
  auto tcp = addresses_of(x.listen_tls);
  if (!tcp)
    return tcp.error();
  auto tickets = transports::ticket_keys::load_or_create(x.ticket_key);
  if (!tickets)
    return tickets.error();
  if (auto ok = network_->listen(
          {*udp, *tcp}, {server_identity_, *tickets, x.require_alpn, customers_,
                         terms_of(x), clock_, supervisor_});
      !ok || !x.data)
    return ok;
  return open_data_channel(*x.data, *tickets);
}

result<void> node::open_data_channel(const data_config& x,
                                     tickets_ptr tickets) {
  auto where = addresses_of(x.listen);
  if (!where)
    return where.error();
  auto limits = data_limits_of(x);
  return network_->listen_data(
      *where,
      {server_identity_, std::move(tickets), customers_, limits,
       std::make_shared<actors::data_admission>(limits), clock_, supervisor_});
}

result<void> node::open_console() {
  actors::mitigate_order defaults;
  std::vector<std::string> upstreams;
  if (config_.client) {
    for (const auto& up : config_.client->upstreams)
      upstreams.push_back(up.name);
    defaults.lifetime = config_.client->defaults.lifetime.count();
    defaults.renew = config_.client->defaults.renew;
  }
  console_ = system_.spawn(actors::console, supervisor_, upstreams, defaults);
  auto handler = [to = console_](transports::http_request request,
                                 transports::http_reply reply) {
    actors::api_exchange call;
    call.method = std::move(request.method);
    call.target = std::move(request.target);
    call.body = std::move(request.body);
    call.uid = request.peer_uid;
    call.reply = [reply](int status, std::string json) {
      reply(
          {static_cast<unsigned>(status), std::move(json), "application/json"});
    };
    caf::anon_send(to, atom::api_v, std::move(call));
  };
  auto server = transports::unix_http_server::start(
      config_.node.control_socket.string(), control_mode, handler);
  if (!server)
    return server.error();
  http_ = std::move(*server);
  return {};
}

result<void> node::start() {
  auto setup = std::make_shared<actors::supervisor_setup>();
  if (auto ok = assemble(*setup); !ok)
    return ok;
  supervisor_ = system_.spawn(actors::supervisor, setup);
  // What was acknowledged before is in force again before anyone may ask.
  caf::scoped_actor self{system_};
  result<void> ready;
  self->request(supervisor_, std::chrono::minutes{15}, atom::begin_v)
      .receive([](actors::ack) {},
               [&](const caf::error& why) { ready = actors::to_failure(why); });
  if (!ready)
    return ready;
  if (auto ok = open_doors(); !ok)
    return ok;
  network_->start();
  if (config_.siblings) {
    auto door = open_sibling_door(*config_.siblings, system_, supervisor_);
    if (!door)
      return door.error();
    sibling_door_ = std::move(*door);
  }
  return open_console();
}

/// Waits for a signal, or for the end of the SUPERVISOR.
int node::wait() {
  caf::scoped_actor self{system_};
  auto main_thread = ::pthread_self();
  supervisor_->attach_functor(
      [main_thread] { ::pthread_kill(main_thread, SIGUSR2); });
  sigset_t set;
  sigemptyset(&set);
  for (int number : {SIGTERM, SIGINT, SIGUSR2})
    sigaddset(&set, number);
  int number = 0;
  sigwait(&set, &number);
  if (number == SIGUSR2)
    return static_cast<int>(cli::exit_code::failed);
  spdlog::info("{}: ending in an orderly way",
               number == SIGTERM ? "SIGTERM" : "SIGINT");
  return 0;
}

void node::stop() {
  if (network_)
    network_->refuse_newcomers();
  http_.reset();
  if (sibling_door_)
    caf::anon_send_exit(sibling_door_, caf::exit_reason::user_shutdown);
  sibling_door_ = nullptr;
  if (console_)
    caf::anon_send_exit(console_, caf::exit_reason::user_shutdown);
  if (supervisor_) {
    caf::scoped_actor self{system_};
    self->request(supervisor_, std::chrono::seconds{10}, atom::finish_v)
        .receive([](actors::ack) {}, [](const caf::error&) {});
  }
  if (network_)
    network_->stop();
  console_ = actors::console_actor{};
  supervisor_ = actors::supervisor_actor{};
}

} // namespace

int run_node(const config& what, const std::string& log_level) {
  sigset_t set;
  sigemptyset(&set);
  for (int number : {SIGTERM, SIGINT, SIGUSR2})
    sigaddset(&set, number);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  start_logging(what.node, log_level);
  int code = static_cast<int>(cli::exit_code::failed);
  {
    node here{what};
    if (auto ok = here.start(); !ok) {
      spdlog::critical("the node cannot start: {}", to_string(ok.error()));
    } else {
      spdlog::info("tocsin {} is ready as {} ({})", version, what.node.name,
                   what.file.string());
      code = here.wait();
    }
    here.stop();
  }
  spdlog::info("ended");
  spdlog::shutdown();
  return code;
}

} // namespace tocsin::roles
