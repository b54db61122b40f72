#pragma once
#include "actors/interfaces.hpp"

#include <map>
#include <memory>
#include <set>

/// Stand-ins for actors at the edge of a test; what they saw is in `journal`.
namespace tocsin::test {

/// A KEEPER over memory, without its thread.
struct fake_store {
  std::map<storage::mitigation_key, storage::mitigation_record> mitigations;
  std::map<std::pair<std::string, std::string>, storage::client_record> clients;
  std::map<std::pair<std::string, std::string>, storage::session_record>
      sessions;
  std::vector<storage::edit_data> data; ///< in the order of their commits
  std::vector<storage::audit_event> audit;
  bool broken = false; ///< commits fail
  std::size_t commits = 0;

  storage::snapshot all() const {
    storage::snapshot x;
    for (const auto& [_, record] : mitigations)
      x.mitigations.push_back(record);
    for (const auto& [_, record] : clients)
      x.clients.push_back(record);
    for (const auto& [_, record] : sessions)
      x.sessions.push_back(record);
    return x;
  }
};

inline void apply(fake_store& to, const storage::change& x) {
  if (auto* put = std::get_if<storage::put_mitigation>(&x))
    to.mitigations[put->record.key] = put->record;
  else if (auto* erase = std::get_if<storage::erase_mitigation>(&x))
    to.mitigations.erase(erase->key);
  else if (auto* client = std::get_if<storage::put_client>(&x))
    to.clients[{client->record.customer, client->record.cuid}] = client->record;
  else if (auto* gone = std::get_if<storage::erase_client>(&x))
    to.clients.erase({gone->customer, gone->cuid});
  else if (auto* session = std::get_if<storage::put_session>(&x))
    to.sessions[{session->record.customer, session->record.identity}] =
        session->record;
  else if (auto* ended = std::get_if<storage::erase_session>(&x))
    to.sessions.erase({ended->customer, ended->identity});
  else if (auto* edit = std::get_if<storage::edit_data>(&x))
    to.data.push_back(*edit);
  else
    to.audit.push_back(std::get<storage::append_audit>(x).event);
}

inline actors::keeper_actor::behavior_type
fake_keeper(actors::keeper_actor::pointer, std::shared_ptr<fake_store> store) {
  return {
      [store](atom::commit,
              const storage::transaction& changes) -> caf::result<actors::ack> {
        if (store->broken)
          return actors::to_error(fail(ec::io, "store", "the disk is full"));
        ++store->commits;
        for (const auto& x : changes)
          apply(*store, x);
        return actors::ack::done;
      },
      [store](atom::load) { return store->all(); },
      [store](atom::audit, std::uint64_t) { return store->audit; },
      [](atom::committed, std::uint64_t, const failure&) {},
      [](atom::committed, std::uint64_t, const storage::snapshot&) {},
      [](atom::committed, std::uint64_t,
         const std::vector<storage::audit_event>&) {},
  };
}

/// A MITIGATOR whose driver answers as told.
struct fake_site {
  std::vector<std::string> journal; ///< "install ID", "withdraw ID"
  std::map<std::string, mitigators::rule> rules;
  std::map<std::string, mitigators::filter_set> filters;
  std::map<std::string, caf::strong_actor_ptr> owners;
  bool works = true;
  bool silent = false;
};

inline actors::mitigator_actor::behavior_type
fake_mitigator(actors::mitigator_actor::pointer self,
               std::shared_ptr<fake_site> site) {
  using state = actors::enforcement_report::state;
  return {
      [self, site](atom::install, const mitigators::rule& rule,
                   const caf::strong_actor_ptr& owner) {
        site->journal.push_back("install " + rule.id);
        site->owners[rule.id] = owner;
        if (site->silent)
          return;
        if (site->works)
          site->rules[rule.id] = rule;
        self->send(
            caf::actor_cast<actors::mitigation_actor>(owner), atom::report_v,
            actors::enforcement_report{
                "edge", rule.id, site->works ? state::active : state::failed,
                false, site->works ? "" : "the driver is down"});
      },
      [self, site](atom::install, const mitigators::filter_set& set,
                   const caf::strong_actor_ptr& owner) {
        site->journal.push_back("install " + set.id);
        site->owners[set.id] = owner;
        if (site->silent)
          return;
        if (site->works)
          site->filters[set.id] = set;
        self->send(
            caf::actor_cast<actors::filter_owner_actor>(owner), atom::report_v,
            actors::enforcement_report{
                "edge", set.id, site->works ? state::active : state::failed,
                false, site->works ? "" : "the driver is down"});
      },
      [site](atom::withdraw, const std::string& id) {
        site->journal.push_back("withdraw " + id);
        site->rules.erase(id);
        site->filters.erase(id);
      },
      [site](atom::report, const std::string& id,
             protocol::signal::attack_status x) {
        site->journal.push_back("report " + id + ' '
                                + std::string{to_string(x)});
      },
      [](atom::begin) {},
      [](atom::status) { return actors::mitigator_view{}; },
      [](atom::line, std::uint64_t, const std::string&) {},
      [](atom::exited, std::uint64_t, int) {},
      [](atom::tick, std::uint64_t) {},
  };
}

/// A RESOLVER that knows what it was given.
using known_names =
    std::map<std::string, std::vector<protocol::signal::prefix>>;

inline actors::resolver_actor::behavior_type
fake_resolver(actors::resolver_actor::pointer,
              std::shared_ptr<known_names> names) {
  using addresses = std::vector<protocol::signal::prefix>;
  return {
      [names](atom::resolve,
              const std::string& host) -> caf::result<addresses> {
        if (auto i = names->find(host); i != names->end())
          return i->second;
        return actors::to_error(fail(ec::not_found, host, "no such name"));
      },
      [](atom::committed, const std::string&, const addresses&,
         const failure&) {},
  };
}

} // namespace tocsin::test
