#include "mitigators/nftables/privileges.hpp"

#include <cerrno>
#include <cstring>

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace tocsin::mitigators::nftables {

namespace {

// The system calls themselves: glibc wraps neither, and libcap would be one
// more library in the one program that has a capability.
constexpr int words = _LINUX_CAPABILITY_U32S_3;

__user_cap_header_struct header() {
  return {_LINUX_CAPABILITY_VERSION_3, 0};
}

bool get(__user_cap_data_struct (&to)[words]) {
  auto h = header();
  return syscall(SYS_capget, &h, to) == 0;
}

bool set(const __user_cap_data_struct (&to)[words]) {
  auto h = header();
  return syscall(SYS_capset, &h, to) == 0;
}

} // namespace

result<void> keep_only_net_admin() {
  __user_cap_data_struct have[words]{};
  constexpr auto bit = CAP_TO_MASK(CAP_NET_ADMIN);
  constexpr auto word = CAP_TO_INDEX(CAP_NET_ADMIN);
  if (!get(have) || !(have[word].effective & bit))
    return fail(ec::unauthorized, "tocsin-mitigator-nftables",
                "needs CAP_NET_ADMIN; run it by a systemd unit with "
                "AmbientCapabilities=CAP_NET_ADMIN or as root");
  for (unsigned long x = 0; x <= CAP_LAST_CAP; ++x)
    prctl(PR_CAPBSET_DROP, x); // fails without CAP_SETPCAP: no matter then
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  __user_cap_data_struct keep[words]{};
  keep[word].effective = keep[word].permitted = bit;
  if (!set(keep))
    return fail(ec::io, "capset", std::strerror(errno));
  return {};
}

} // namespace tocsin::mitigators::nftables
