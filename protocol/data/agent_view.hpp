#pragma once
#include "protocol/data/datastore.hpp"
#include "protocol/restconf/datastore_view.hpp"

#include <optional>

namespace tocsin::protocol::data {

/// A customer's DATASTORE as one agent sees it, for the time of one request.
/// What other agents have registered is not there: reading it gives 404.
class agent_view : public restconf::datastore_view {
public:
  /// The store outlives the view.
  agent_view(datastore& store, data_agent agent, signal::instant now)
      : store_{store}, agent_{std::move(agent)}, now_{now},
        rules_{store.rules()} {}

  /// 503 while aliases and filters are configured directly (RFC 8783, Section
  /// 8); 403 for edits above the level of clients, which would be edits of all
  /// of them, and for what a gateway edits without a cdid on record.
  std::optional<restconf::refusal> forbids(const yang::instance_path& at,
                                           bool edits) const override;
  yang::data_node read(const yang::instance_path& at) const override;
  yang::data_node configuration(const yang::instance_path& at) const override;
  const restconf::edit_rules& rules() const override { return rules_; }
  restconf::version version_of(const yang::instance_path& at) const override;

  /// Stages the edit: see staged().
  std::optional<restconf::refusal> commit(restconf::edit x) override;

  /// What a commit has to make durable before the answer leaves; empty if there
  /// was no commit.
  std::optional<staged_edit>& staged() noexcept { return staged_; }

private:
  datastore& store_;
  data_agent agent_;
  signal::instant now_;
  dots_rules rules_;
  std::optional<staged_edit> staged_;
};

/// The cuid of the client that a path leads into, or null.
const std::string* client_of(const yang::instance_path& at);

} // namespace tocsin::protocol::data
