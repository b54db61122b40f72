# The story of tools/demo on loopback, for machines that let us make no
# namespaces; started by it.
source "$(dirname "${BASH_SOURCE[0]}")/demo_common.sh"
source "$repo/tools/lib/demo_table.sh"
source "$repo/tools/lib/ports.sh"

visits=20
longest=300
DEMO_RATE=1000 # this is the machine's own loopback: be gentle

# The operator's own program for routers that have no driver; here it only
# writes down what it is told.
write_hook() {
  cat >hook <<END
#!/bin/sh
{
  echo "--- \$TOCSIN_ACTION at \$(date +%s%3N)"
  env | grep '^TOCSIN_' | sort
} >>"$state/orders.txt"
END
  chmod +x hook
  : >orders.txt
}

start_agents() {
  local port
  scene "Two DOTS agents on 127.0.0.1"
  port=$(free_port)
  make_pki
  write_hook
  write_configs "127.0.0.1:$port" <<END
[[server.mitigator]]
name = "router"
driver = "exec"
arguments = ["--hook", "$state/hook"]
END
  printf '\n'
  tell "Mitigation is in the hands of a hook here: a program of the" \
    "operator's, called once to install and once to withdraw. Ours writes" \
    "its orders to a file."
  printf '\n  %s$ tocsin run -c server.toml &%s\n' "$bold" "$plain"
  start server server.log tocsin run -c server.toml
  await_node server
  printf '  %s$ tocsin run -c client.toml &%s\n' "$bold" "$plain"
  start client client.log tocsin run -c client.toml
  await_node client
  await_session
}

play_attack() {
  scene "Visitors, and a small flood"
  start victim victim.out tocsin-traffic victim --tcp 0 --udp 0 \
    --log victim.bins
  wait_for 10 test -s victim.out || die "The service does not start."
  local tcp udp
  tcp=$(head -n 1 victim.out | jq .tcp)
  udp=$(head -n 1 victim.out | jq .udp)
  start visit visit.out tocsin-traffic visit --to "127.0.0.1:$tcp" \
    --rate "$visits" --seconds "$longest" --log visit.bins
  start flood flood.out tocsin-traffic flood --to "127.0.0.1:$udp" \
    --rate "$DEMO_RATE" --seconds "$longest" --log flood.bins
  sleep 0.5
  watch_traffic "$(seconds 2 5)"
}

# orders_are ACTION: whether the hook was told to, with what the client asked.
orders_are() {
  awk -v wanted="$1" '
    /^---/ { inside = $2 == wanted }
    inside && $0 == "TOCSIN_PREFIXES=192.0.2.2/32" { n++ }
    inside && $0 == "TOCSIN_PROTOCOLS=17" { n++ }
    inside && $0 == "TOCSIN_TREATMENT=drop" { n++ }
    inside && $0 == "TOCSIN_CUSTOMER=enterprise" { n++ }
    inside && $0 == "TOCSIN_MID='"$mid"'" { n++ }
    END { exit n != 5 }' orders.txt
}

# order_time ACTION: when the hook was told to, in milliseconds since 1970.
order_time() {
  awk -v wanted="$1" '
    /^---/ && $2 == wanted { at = $4 }
    END { print at == "" ? 0 : at }' orders.txt
}

play_mitigation() {
  scene "The bell rings"
  tell "The client asks for mitigation of UDP to 192.0.2.2, which stands for" \
    "its server: loopback addresses cannot be protected."
  request_mitigation
  wait_for 15 orders_are install || :
  wait_for 15 status_is attack-successfully-mitigated || :
  status=$(ask client .status status "$mid") || :
  shown tocsin status "$mid" -c client.toml
  printf '\n'
  tell "What the hook was told, and a real one would do to a router:"
  shown cat orders.txt
  printf '\n'
  tell "Nothing was dropped: this is one machine's loopback, and the hook" \
    "only writes. So the flood goes on:"
  watch_traffic "$(seconds 2 4)"
}

play_withdrawal() {
  scene "The client withdraws its request"
  tell "The server keeps a withdrawn mitigation active for a while, so that" \
    "networks do not flap; 2 s in this demo, 2 minutes as a rule" \
    "(RFC 9132, Section 4.4.4)."
  withdrawn_at=$(now_ms)
  shown tocsin withdraw "$mid" -c client.toml || die "It was not withdrawn."
  wait_for 15 orders_are withdraw || :
  shown sed -n '/^--- withdraw/,$p' orders.txt
  wait_for 10 rules_are 0 || :
}

report() {
  ended_after=$(($(order_time withdraw) - withdrawn_at))
  visits_made=$(jq .sent visit.out)
  visits_lost=$(jq .lost visit.out)
  scene "Summary"
  printf '  %-44s %s\n' \
    "from request to the server's answer" "$answered_ms ms" \
    "from the command to the hook's order" \
    "$(($(order_time install) - asked_at)) ms" \
    "from the withdrawal to the hook's order" "$ended_after ms" \
    "visits made, lost" "$visits_made, $visits_lost" \
    "packets dropped" "none; run as root to see that"
  printf '\n'
}

judge() {
  expect "the hook was told to install what the client asked for" \
    orders_are install
  expect "the status said \"attack successfully mitigated\"" \
    test "$status" == attack-successfully-mitigated
  expect "the hook was told to withdraw it" orders_are withdraw
  expect "after the terminating period, not before" \
    is "$ended_after >= 1900"
  expect "at most 1 of 200 visits was lost" \
    is "$visits_lost * 200 <= $visits_made && $visits_made > 0"
  expect "nothing is left in force" rules_are 0
}

tell "A network under attack rings the bell; its provider hears it. On" \
  "loopback the signal is real, but nothing can be dropped."
start_agents
play_attack
play_mitigation
play_withdrawal
finish flood || :
finish visit || :
finish victim || :
report
judge
finish_node client
finish_node server
conclude
