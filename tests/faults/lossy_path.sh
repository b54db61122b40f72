#!/bin/bash
# A client and a server with a path between them that loses 30 % and 50 % of
# the packets, each way: requests get through, and take effect once.
# TOCSIN_ROUNDS: how many at each loss.
source "$(dirname "${BASH_SOURCE[0]}")/../support/node_test.sh"
privately "$@"
rounds=${TOCSIN_ROUNDS:-3}

build_network() {
  prepare_namespaces
  add_namespace provider
  add_namespace enterprise
  add_link provider down0 203.0.113.1/24 enterprise up0 203.0.113.2/24
  make_pki
  write_server 203.0.113.1:4646 <<'END'
[[server.mitigator]]
name = "edge"
driver = "nftables"

[[server.customer]]
name = "acme"
identities = ["client.example"]
prefixes = ["192.0.2.0/24"]
END
  write_client client client.example 203.0.113.1:4646
}

# lose PERCENT: of what arrives, at both ends, of the signal channel only.
lose() {
  local side port
  for side in provider:dport enterprise:sport; do
    port=${side#*:}
    in_namespace "${side%:*}" nft -f - <<END
table inet loss
delete table inet loss
table inet loss {
  chain arriving {
    type filter hook input priority -400;
    udp $port 4646 numgen random mod 100 < $1 counter drop
  }
}
END
  done
}

# lost: how many packets of the current table were lost, both ways.
lost() {
  local side
  for side in provider enterprise; do
    in_namespace "$side" nft -j list table inet loss
  done | jq -s '[.. | .counter? | objects | .packets] | add'
}

# installs MID, removals MID: how often the kernel saw its rules come and go.
rules() { grep -c "^$1 chain inet tocsin m_[0-9a-f]*-$2\b" rules.log || :; }
installs() { rules add "$1"; }
removals() { rules delete "$1"; }
accepted() { grep -c "mitigation $1 accepted" server.log || :; }
is_mitigated() {
  [[ $(ask client .status status "$1") == attack-successfully-mitigated ]]
}
has_removed() { [[ $(removals "$1") == 1 ]]; }

# USE-034, ARCH-007, ARCH-013, ARCH-031, ARCH-123
# A request and its end; the loss is what `lose` made of it.
play_round() {
  local answer mid asked=$(now_ms) status=0 answered seen
  answer=$(tocsin mitigate 192.0.2.$((10 + ++round)) --protocol udp \
    --json --timeout 280s -c client.toml) || status=$?
  answered=$(($(now_ms) - asked))
  equal "a request is answered in spite of it, after $answered ms" "$status" 0
  mid=$(jq -er .mid <<<"$answer")
  await 60 "its status gets through" is_mitigated "$mid"
  seen=$(($(now_ms) - asked))
  # SIG-114: repeated requests are one request
  equal "the server accepted it once" "$(accepted "$mid")" 1
  equal "the kernel got its rule once" "$(installs "$mid")" 1
  asked=$(now_ms)
  tocsin withdraw "$mid" --json --timeout 280s -c client.toml >/dev/null \
    || die "FAILED: it was not withdrawn"
  await 10 "it is withdrawn, after $(($(now_ms) - asked)) ms" has_removed "$mid"
  rows+=("$(printf '%6s %% %10s ms %10s ms %10s ms' "$percent" "$answered" \
    "$seen" "$(($(now_ms) - asked))")")
}

# A node that starts while a third of all is lost, and is needed at once. An
# attempt to connect may fail then; RFC 9132, Section 4.7 wants a minute between
# two of them.
play_start() {
  step "A session begins, and a request with it, at a loss of 30 %"
  start_in enterprise client client.log tocsin run -c client.toml
  await_node client
  percent=30
  play_round
}

build_network
start_in provider server server.log tocsin run -c server.toml
await_node server
await 20 "the driver is up" mitigator_is_up
start_in provider monitor rules.log nft monitor
round=0
rows=()
lose 30
play_start
for percent in 30 50; do
  step "$rounds requests at a loss of $percent %, each way"
  lose "$percent"
  for ((n = 0; n < rounds; n++)); do play_round; done
  tell "  $(lost) packets were lost"
done
step "Times from the order on"
printf '%8s %13s %13s %13s\n' loss answer status gone
printf '%s\n' "${rows[@]}"
lose 0
expect "the client ends in an orderly way" finish client 15
expect "the server ends in an orderly way" finish server 15
passed
