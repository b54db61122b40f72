#!/bin/bash
# Two servers behind one anycast address (RFC 8811, Section 3.2.4): which of them a
# client reaches is the network's business, and changes with its routes.
# ARCH-149
source "$(dirname "${BASH_SOURCE[0]}")/../support/node_test.sh"
privately "$@"
source "$repo/tests/e2e/internet.sh"

#   site 198.51.100.2 ---\          /--- east 192.0.2.1 \
#                         >- core -<                      both 203.0.113.9
#   branch 198.51.100.6 -/          \--- west 192.0.2.5 /
service=203.0.113.9

make_anycast() {
  local name
  prepare_namespaces
  for name in site branch core east west; do add_namespace $name; done
  add_link site up0 198.51.100.2/30 core site0 198.51.100.1/30
  add_link branch up0 198.51.100.6/30 core branch0 198.51.100.5/30
  add_link east up0 192.0.2.1/30 core east0 192.0.2.2/30
  add_link west up0 192.0.2.5/30 core west0 192.0.2.6/30
  ip -n site route add default via 198.51.100.1
  ip -n branch route add default via 198.51.100.5
  ip -n east route add default via 192.0.2.2
  ip -n west route add default via 192.0.2.6
  for name in east west; do ip -n $name address add $service/32 dev lo; done
  make_router core
  # The branch is another region.
  ip -n core rule add from 198.51.100.6 table 100
  ip -n core route add $service/32 via 192.0.2.5 table 100
  leads_to east
}

# leads_to SERVER: where the site's packets to the anycast address go from now on.
leads_to() {
  local via=192.0.2.1
  [[ $1 == east ]] || via=192.0.2.5
  ip -n core route replace $service/32 via $via
}

write_site() {
  write_role "$1" - <<END
$(upstream_of "$1" service "$service:4646" service.example)
heartbeat_interval = "15s"
missing_hb_allowed = 3
END
}

write_server_at() {
  write_role "$1" "$service:4646" service.example <<END
[[server.mitigator]]
name = "alert"
driver = "exec"
arguments = ["--hook", "$state/hook"]

[[server.customer]]
name = "site"
identities = ["site.example"]
prefixes = ["192.0.2.64/26"]

[[server.customer]]
name = "branch"
identities = ["branch.example"]
prefixes = ["192.0.2.128/26"]
END
  # A session that flaps between the two starts nothing at either.
  sed -i 's/^\[server\]$/[server]\nloss_of_signal = false/' "$1.toml"
}

make_anycast
write_hook
issue service site branch
for name in east west; do write_server_at $name; done
for name in site branch; do write_site $name; done
run_node east east
run_node west west

# ARCH-154
step "While the network is stable, it is like a single server"
run_node site site
await 20 "the site has a session" session_is_up site
expect "it asks" tocsin mitigate 192.0.2.80 -c site.toml
await 20 "and is mitigated" is_mitigated site 1
equal "at one of them" "$(held east) $(held west)" "1 0"
expect "it withdraws" tocsin withdraw 1 -c site.toml
await 20 "that one lets go" holds east 0
finish site 15

# ARCH-152
step "Another region has another server"
run_node branch branch
await 20 "the branch has a session" session_is_up branch
expect "it asks" tocsin mitigate 192.0.2.130 -c branch.toml
await 20 "and is mitigated" is_mitigated branch 1
equal "at the other one" "$(held east) $(held west)" "0 1"

# ARCH-150
step "The network leads the site elsewhere"
leads_to west
run_node site site
await 20 "it has a session" session_is_up site
expect "it asks" tocsin mitigate 192.0.2.81 -c site.toml
await 20 "and is mitigated" is_mitigated site 2
equal "at the other one" "$(held east) $(held west)" "0 2"
expect "it withdraws" tocsin withdraw 2 -c site.toml
await 20 "that one lets go" holds west 1
finish site 15

# ARCH-153
step "A server dies"
leads_to east
run_node site site
await 20 "the site is at the first one again" session_is_up site
kill -KILL "${pid_of[east]}"
wait "${pid_of[east]}" 2>/dev/null || :
unset "pid_of[east]"
branch_goes_on() { is_mitigated branch 1 && session_is_up branch; }
stays 3 "those of the other region do not notice" branch_goes_on
leads_to west
expect "the site asks, once the network leads to the one that lives" \
  tocsin mitigate 192.0.2.82 --no-wait -c site.toml
asked_west() { holds west 2; }
await 120 "and is heard there" asked_west
await 30 "it is mitigated" is_mitigated site 3

# ARCH-160
step "A session that is lost to the other server starts nothing"
refused() {
  ! tocsin mitigate 192.0.2.83 --on-signal-loss -c site.toml >refusal.txt 2>&1
}
expect "nothing can be left for the loss of the session" refused
expect "for that reason" grep -q "trigger-mitigation" refusal.txt

end_nodes site branch west
passed
