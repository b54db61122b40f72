#include "storage/options.hpp"
#include "storage/store.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

namespace tocsin::storage {

namespace {

class memory_store : public store {
public:
  explicit memory_store(std::size_t max_audit) : max_audit_{max_audit} {}

  result<void> commit(std::span<const transaction> group) override {
    for (const auto& changes : group)
      for (const auto& x : changes)
        std::visit([this](const auto& y) { apply(y); }, x);
    return {};
  }

  result<snapshot> load() override {
    snapshot out;
    for (const auto& [key, record] : mitigations_)
      out.mitigations.push_back(record);
    std::stable_sort(
        out.mitigations.begin(), out.mitigations.end(),
        [](const auto& a, const auto& b) { return a.created < b.created; });
    for (const auto& [key, record] : clients_)
      out.clients.push_back(record);
    for (const auto& [key, record] : sessions_)
      out.sessions.push_back(record);
    for (const auto& [customer, clients] : data_)
      if (!clients.empty())
        out.data.push_back(copy(customer, clients));
    return out;
  }

  result<std::vector<audit_event>> audit(std::size_t limit) override {
    auto n = static_cast<std::ptrdiff_t>(std::min(limit, audit_.size()));
    return std::vector<audit_event>{audit_.rbegin(), audit_.rbegin() + n};
  }

private:
  struct data_client {
    std::optional<protocol::data::registration_record> registration;
    std::map<std::pair<protocol::data::entry_kind, std::string>,
             protocol::data::entry_record>
        entries;
  };
  using data_clients = std::map<std::string, data_client>;

  static data_snapshot copy(const std::string& customer,
                            const data_clients& clients) {
    data_snapshot out{customer, {}, {}};
    for (const auto& [cuid, client] : clients) {
      if (client.registration)
        out.registrations.push_back(*client.registration);
      for (const auto& [key, record] : client.entries)
        out.entries.push_back(record);
    }
    std::ranges::stable_sort(out.entries, {}, [](const auto& x) {
      return std::tuple{x.cuid, x.kind, x.order};
    });
    return out;
  }

  void apply(const edit_data& x) {
    std::visit([&](const auto& y) { apply(data_[x.customer], y); }, x.what);
  }

  static void apply(data_clients& to,
                    const protocol::data::put_registration& x) {
    to[x.record.cuid].registration = x.record;
  }

  static void apply(data_clients& to,
                    const protocol::data::erase_registration& x) {
    to.erase(x.cuid);
  }

  static void apply(data_clients& to, const protocol::data::put_entry& x) {
    to[x.record.cuid].entries.insert_or_assign({x.record.kind, x.record.name},
                                               x.record);
  }

  static void apply(data_clients& to, const protocol::data::erase_entry& x) {
    auto client = to.find(x.cuid);
    if (client == to.end())
      return;
    client->second.entries.erase({x.kind, x.name});
    if (client->second.entries.empty() && !client->second.registration)
      to.erase(client);
  }

  void apply(const put_mitigation& x) {
    mitigations_.insert_or_assign(x.record.key, x.record);
  }

  void apply(const erase_mitigation& x) { mitigations_.erase(x.key); }

  void apply(const put_client& x) {
    clients_.insert_or_assign({x.record.customer, x.record.cuid}, x.record);
  }

  void apply(const erase_client& x) { clients_.erase({x.customer, x.cuid}); }

  void apply(const put_session& x) {
    sessions_.insert_or_assign({x.record.customer, x.record.identity},
                               x.record);
  }

  void apply(const erase_session& x) {
    sessions_.erase({x.customer, x.identity});
  }

  void apply(const append_audit& x) {
    audit_.push_back(x.event);
    if (audit_.size() > max_audit_)
      audit_.pop_front();
  }

  std::size_t max_audit_;
  std::map<mitigation_key, mitigation_record> mitigations_;
  std::map<std::pair<std::string, std::string>, client_record> clients_;
  std::map<std::pair<std::string, std::string>, session_record> sessions_;
  std::map<std::string, data_clients> data_;
  std::deque<audit_event> audit_;
};

} // namespace

std::unique_ptr<store> make_memory_store(const store_options& options) {
  return std::make_unique<memory_store>(options.max_audit);
}

std::unique_ptr<store> make_memory_store() {
  return make_memory_store(store_options{});
}

} // namespace tocsin::storage
