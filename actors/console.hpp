#pragma once
#include "actors/api.hpp"
#include "actors/interfaces.hpp"

namespace tocsin::actors {

/// State of the CONSOLE: answers the operator's API out of what SUPERVISOR and
/// UPSTREAM know.
class console_state {
public:
  static inline const char* name = "console";

  explicit console_state(console_actor::pointer self) : self_{self} {}

  void init(supervisor_actor root, std::vector<std::string> upstreams,
            mitigate_order defaults);
  void serve(const api_exchange& call);

private:
  using reply = std::function<void(int, std::string)>;

  void on(const get_node&, const api_exchange& call);
  void on(const list_mitigations&, const api_exchange& call);
  void on(const create_mitigation& x, const api_exchange& call);
  void on(const get_mitigation& x, const api_exchange& call);
  void on(const delete_mitigation& x, const api_exchange& call);
  void on(const report_efficacy& x, const api_exchange& call);
  void on(const control_filters& x, const api_exchange& call);
  void on(const decide_mitigation& x, const api_exchange& call);
  void on(const set_redirect& x, const api_exchange& call);
  void on(const hand_over& x, const api_exchange& call);
  void on(const list_sessions& x, const api_exchange& call);
  void on(const list_audit& x, const api_exchange& call);
  void on(const list_data_clients&, const api_exchange& call);
  void on(const get_data_client& x, const api_exchange& call);
  void on(const use_data_channel& x, const api_exchange& call);

  void await(const upstream_actor& upstream, const mitigation_view& asked,
             std::chrono::seconds wait, const reply& to);
  bool is_wish(const mitigation_name& x) const;

  template <class Then>
  void with_upstream(const std::string& wanted, const api_exchange& call,
                     Then then);
  static void refuse(const reply& to, const caf::error& why);

  console_actor::pointer self_;
  supervisor_actor root_;
  std::vector<std::string> upstreams_;
  mitigate_order defaults_;
};

/// Spawns the CONSOLE of a node with these upstreams.
console_actor::behavior_type
console(console_actor::stateful_pointer<console_state> self,
        supervisor_actor root, std::vector<std::string> upstreams,
        mitigate_order defaults);

} // namespace tocsin::actors
