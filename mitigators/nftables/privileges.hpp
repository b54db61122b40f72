#pragma once
#include "protocol/error.hpp"

namespace tocsin::mitigators::nftables {

/// Keeps CAP_NET_ADMIN and gives up all other capabilities of this process,
/// for good (also no_new_privs). Fails with ec::unauthorized if the process
/// lacks CAP_NET_ADMIN.
result<void> keep_only_net_admin();

} // namespace tocsin::mitigators::nftables
