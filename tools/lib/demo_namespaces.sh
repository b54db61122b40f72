# The story of tools/demo in a small internet of network namespaces; started
# by it inside a private network.
source "$(dirname "${BASH_SOURCE[0]}")/demo_common.sh"
source "$repo/tools/lib/demo_table.sh"
source "$repo/tools/lib/namespaces.sh"

visits=50    # legitimate visits a second
longest=300  # an upper bound for the traffic, should nobody end it

build_network() {
  scene "A small internet"
  cat <<'END'

   attacker 198.51.100.2 ---\
                             >--- provider ---------------- enterprise
   visitor  203.0.113.2  ---/     192.0.2.1:4646            192.0.2.2
                                  DOTS server               DOTS client
                                  nftables in the           a service:
                                  forwarding path           TCP 80, UDP 53

END
  tell "Four network namespaces, joined by virtual cables. All addresses are" \
    "reserved for documentation (RFC 5737); no packet can leave."
  local name
  prepare_namespaces
  for name in attacker visitor provider enterprise; do
    add_namespace "$name"
  done
  add_link attacker up0 198.51.100.2/24 provider attacker0 198.51.100.1/24
  add_link visitor up0 203.0.113.2/24 provider visitor0 203.0.113.1/24
  add_link enterprise up0 192.0.2.2/24 provider customer0 192.0.2.1/24
  ip -n attacker route add default via 198.51.100.1
  ip -n visitor route add default via 203.0.113.1
  ip -n enterprise route add default via 192.0.2.1
  make_router provider
}

start_agents() {
  scene "Two DOTS agents"
  make_pki
  write_configs 192.0.2.1:4646 <<'END'
[[server.mitigator]]
name = "router"
driver = "nftables"
arguments = ["--hook", "forward", "--counters-interval", "200"]
END
  printf '\n'
  tell "The provider's router runs the server, the enterprise the client." \
    "What the enterprise may ask for is written in the server's" \
    "configuration: protection of its own 192.0.2.0/24, and nothing else."
  printf '\n  %s$ tocsin run -c server.toml &   # in provider%s\n' \
    "$bold" "$plain"
  start_in provider server server.log tocsin run -c server.toml
  await_node server
  printf '  %s$ tocsin run -c client.toml &   # in enterprise%s\n' \
    "$bold" "$plain"
  start_in enterprise client client.log tocsin run -c client.toml
  await_node client
  await_session
}

play_peace() {
  scene "Peace: $visits visits a second"
  start_in enterprise victim victim.out tocsin-traffic victim \
    --address 192.0.2.2 --tcp 80 --udp 53 --log victim.bins
  wait_for 10 test -s victim.out || die "The service does not start."
  start_in visitor visit visit.out tocsin-traffic visit \
    --to 192.0.2.2:80 --rate "$visits" --seconds "$longest" --log visit.bins
  sleep 0.5
  peace_from=$(now_ms)
  watch_traffic "$(seconds 3 8)"
  peace_to=$(($(now_ms) - 100))
}

play_attack() {
  scene "Attack: $(grouped "$DEMO_RATE") UDP packets a second"
  start_in attacker flood flood.out tocsin-traffic flood --to 192.0.2.2:53 \
    --rate "$DEMO_RATE" --seconds "$longest" --sources 16 --log flood.bins
  sleep 0.5
  attack_from=$(now_ms)
  watch_traffic "$(seconds 4 10)"
  attack_to=$(($(now_ms) - 100))
}

play_mitigation() {
  scene "The bell rings"
  tell "The client asks for mitigation of UDP to its server. The provider" \
    "checks that the address belongs to this customer, stores the request so" \
    "that it survives a crash, answers, and orders its driver to act."
  request_mitigation
  wait_for 15 status_is attack-successfully-mitigated \
    || bad "The mitigation is $(ask client .status status "$mid")."
  watch_traffic "$(seconds 6 12)"
  mitigated_to=$(($(now_ms) - 100))
  scene "What the client sees, and where the numbers come from"
  nft_before=$(nft_packets)
  status=$(ask client .status status "$mid")
  dropped=$(ask client '.dropped.pkts_dropped // 0' status "$mid") || :
  nft_after=$(nft_packets)
  shown tocsin status "$mid" -c client.toml
  printf '\n'
  tell "On the provider's router, in the kernel:"
  shown_as "nft list counters table inet tocsin   # in provider" \
    in_namespace provider nft list counters table inet tocsin
}

nft_packets() {
  in_namespace provider nft -j list counters table inet tocsin \
    | jq '[.nftables[].counter | select(. != null) | .packets] | add // 0'
}

play_withdrawal() {
  scene "The client withdraws its request"
  tell "The server keeps a withdrawn mitigation active for a while, so that" \
    "networks do not flap; 2 s in this demo, 2 minutes as a rule" \
    "(RFC 9132, Section 4.4.4). The attacker never stopped."
  withdrawn_at=$(now_ms)
  shown tocsin withdraw "$mid" -c client.toml || die "It was not withdrawn."
  shown tocsin list -c server.toml
  watch_traffic "$(seconds 6 10)"
  wait_for 10 rules_are 0 || :
  after_to=$(($(now_ms) - 100))
  after_from=$((after_to - 1500))
}

stop_traffic() {
  finish flood || :
  finish visit || :
  finish victim || :
}

# Everything below is computed from what was logged while it happened.
measure() {
  flood_sent=$(per_second flood.bins 1 "$attack_from" "$attack_to")
  flood_before=$(per_second victim.bins 1 "$attack_from" "$attack_to")
  enforced_at=$(first_second victim.bins 1 "$asked_at" below \
    "$((flood_before / 100))")
  [[ $enforced_at != none ]] || return 1
  local from=$((enforced_at + 200))
  sent_during=$(per_second flood.bins 1 "$from" "$mitigated_to")
  flood_during=$(per_second victim.bins 1 "$from" "$mitigated_to")
  visits_peace=$(per_second visit.bins 2 "$peace_from" "$peace_to")
  visits_before=$(per_second visit.bins 2 "$attack_from" "$attack_to")
  visits_during=$(per_second visit.bins 2 "$from" "$mitigated_to")
  sent_after=$(per_second flood.bins 1 "$after_from" "$after_to")
  flood_after=$(per_second victim.bins 1 "$after_from" "$after_to")
  visits_after=$(per_second visit.bins 2 "$after_from" "$after_to")
  back_at=$(first_bin victim.bins 1 "$withdrawn_at" "$((flood_before / 500))")
  sent_until_status=$(sum flood.bins 1 "$enforced_at" "$mitigated_to")
  visits_made=$(jq .sent visit.out)
  visits_lost=$(jq .lost visit.out)
  retransmitted=$(in_namespace visitor awk \
    '/^Tcp:/ && ++n == 2 { print $13 }' /proc/net/snmp)
}

report() {
  local ms=$((enforced_at - asked_at))
  scene "Summary"
  printf '  %-44s %s\n' \
    "from request to the server's answer" "$answered_ms ms" \
    "from the command to the end of the flood" "$ms ms (bins of 20 ms)" \
    "flood at the victim, before" "$(grouped "$flood_before") packets/s" \
    "flood at the victim, mitigated" "$(grouped "$flood_during") packets/s" \
    "flood at the victim, withdrawn" "$(grouped "$flood_after") packets/s" \
    "packets dropped, as the client was told" "$(grouped "$dropped")" \
    "packets dropped, in the kernel" \
    "$(grouped "$nft_before") to $(grouped "$nft_after")" \
    "visits answered: peace, attack" "$visits_peace/s, $visits_before/s" \
    "visits answered: mitigated, withdrawn" \
    "$visits_during/s, $visits_after/s" \
    "visits made, lost" "$visits_made, $visits_lost" \
    "legitimate TCP segments sent again" "$retransmitted"
  printf '\n'
}

judge() {
  expect "the flood reached the victim before" \
    is "$flood_sent > $DEMO_RATE / 4 && $flood_before > 0.9 * $flood_sent"
  expect "mitigated, under 1 % of it is left, though it was sent as before" \
    is "$flood_during < 0.01 * $flood_before && $sent_during > $flood_sent / 2"
  expect "it took under 5 s from the request" \
    is "$enforced_at - $asked_at < 5000"
  expect "legitimate visits kept their rate" \
    is "$visits_during > 0.9 * $visits_peace && $visits_during > 0"
  expect "at most 1 of 200 visits was lost" \
    is "$visits_lost * 200 <= $visits_made && $visits_made > 0"
  expect "the status said \"attack successfully mitigated\"" \
    test "$status" == attack-successfully-mitigated
  expect "its count of dropped packets is the kernel's" \
    is "$dropped > $nft_before / 2 && $dropped <= $nft_after"
  expect "the kernel dropped what the attacker sent" \
    is "$nft_after > 0.9 * $sent_until_status"
  expect "withdrawn, the flood came back after the terminating period" \
    is "\"$back_at\" != \"none\" && $back_at - $withdrawn_at >= 1900"
  expect "and traffic is as before" \
    is "$flood_after > 0.9 * $sent_after && $sent_after > $flood_sent / 2"
  expect "nothing is left in force" rules_are 0
}

tell "A network under attack rings the bell; its provider hears it, and stops" \
  "the flood. This is done here for real, in four virtual networks."
build_network
start_agents
play_peace
play_attack
play_mitigation
play_withdrawal
stop_traffic
measure || die "The flood at the victim never fell below 1 %."
report
judge
finish_node client
finish_node server
conclude
