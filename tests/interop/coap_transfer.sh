#!/bin/bash
# A foreign CoAP client observes, transfers in blocks, negotiates the session,
# is sent elsewhere and shows wrong credentials: coap_transfer.sh gnutls|openssl
# [udp|tcp]
# SIG-001
source "$(dirname "${BASH_SOURCE[0]}")/../support/node_test.sh"
source "$repo/tests/interop/coap.sh"
client=coap-client-${1:?}
transport=${2:-udp}
need "$client"
[[ $transport == udp ]] || scheme=coaps+tcp
cuid=mitigate/cuid=dz6pHjaADkaFTbjr0JGBpw

start_server() {
  make_pki
  tocsin pki init --dir other --name "Other CA" >/dev/null
  tocsin pki issue client.example --dir other --for client >/dev/null
  write_hook
  port=$(free_port)
  umask 077
  printf 'shop:%s\n' "$(printf 0123456789abcdef | od -An -tx1 | tr -d ' ')" \
    >shop.psk
  write_server "127.0.0.1:$port" <<END
[server.redirect]
alt_server = "second.example"
addresses = ["192.0.2.77"]
max_age = "10m"

[[server.mitigator]]
name = "edge"
driver = "exec"
arguments = ["--hook", "$state/hook"]

[[server.customer]]
name = "acme"
identities = ["client.example", "psk:shop"]
prefixes = ["192.0.2.0/24", "2001:db8::/32"]
requests_per_minute = 0
END
  # Long enough for a notification of it, 3 s after the one before.
  sed -i -e 's/^\[server\]$/&\npsk = "shop.psk"/' \
    -e 's/terminating_period = "1s"/terminating_period = "8s"/' server.toml
  start server server.log tocsin run -c server.toml
  await_node server
  await 20 "the driver is up" mitigator_is_up
}

# at_least WHAT LEAST PATTERN DIRECTION: so many messages match.
at_least() {
  local found
  found=$(messages "$4" | grep -cE "$3" || :)
  expect "$1 ($found)" test "$found" -ge "$2"
}

# prefixes FIRST LAST: as a list in CBOR.
prefixes() {
  local i
  printf '0698%02x' $(($2 - $1 + 1))
  for ((i = $1; i <= $2; i++)); do text "2001:db8::$i/128"; done
}

# COAP-083, COAP-090, SIG-374: 120 prefixes do not fit a datagram
play_upload() {
  local octets
  step "A request in blocks"
  octets=$(request "$(prefixes 1 120)")
  expect "it exceeds a datagram ($((${#octets} / 2)) octets)" \
    test ${#octets} -gt $((2 * 1400))
  ask_server put "$cuid/mid=10" "$octets" "$@"
  if [[ $transport == udp ]]; then
    equal "the server asks for the next block" "$code" 2.31
    at_least "and so on" 3 ' c:2\.31 .*Block1:' received
    at_least "until all is there and accepted" 1 ' c:2\.01 .*Block1:' received
  else # COAP-101: a stream takes more than a datagram
    code_is "the server takes it whole" 2.01
  fi
  equal "the server has all of it" \
    "$(ask server '.mitigations[] | select(.mid == 10) | ."target-prefix" | length' \
      list)" 120
  await 20 "and the mitigator, too" grep -q '^install .*2001:db8::120/128' \
    orders.txt
}

# COAP-083, COAP-087, SIG-157, SIG-158, SIG-161: what exceeds a datagram comes
# in blocks, with ETag and Size2, whole
play_download() {
  local size
  step "An answer in blocks"
  for size in '' 64 256; do
    rm -f list.cbor
    ask_server get "$cuid?c=c" '' -o list.cbor ${size:+-b "$size"}
    equal "the answer begins${size:+, $size octets a block}" "$code" 2.05
    at_least "and goes on" 2 ' c:2\.05 .*Block2:[1-9]' received
    at_least "each block has an ETag" 3 ' c:2\.05 .*ETag:' received
    equal "the first tells the size of all" "$(messages received \
      | sed -n 's/.*Size2:\([0-9]*\).*/\1/p' | head -n 1)" \
      "$(stat -c %s list.cbor)"
    equal "all prefixes are in it" \
      "$(grep -ao '2001:db8::[0-9]*/128' list.cbor | sort -u | wc -l)" 120
  done
}

# Over a stream the answer comes whole, as the client takes that much.
play_whole() {
  step "A long answer"
  ask_server get "$cuid?c=c" '' -o list.cbor
  equal "the answer has no blocks" \
    "$code $(messages received | grep -c Block2: || :)" "2.05 0"
  equal "all prefixes are in it" \
    "$(grep -ao '2001:db8::[0-9]*/128' list.cbor | sort -u | wc -l)" 120
}

# SIG-160, COAP-087: the follow-up keeps the block size
play_sizes() {
  ask_server get "$cuid/mid=10?c=c" '' -b 64
  expect "no block is larger than asked for" not_larger_than 64
}
not_larger_than() {
  messages received | sed -n 's/.*Block2:[0-9]*\/[M_]\/\([0-9]*\).*/\1/p' \
    | awk -v most="$1" '$1 > most { bad = 1 } END { exit bad || NR < 2 }'
}

# SIG-177, SIG-180, COAP-070, COAP-071, SIG-178: notifications, all NON, with
# Observe rising; the last one is 4.04 and has none
play_observe() {
  local watcher
  step "An observation"
  ask_server put "$cuid/mid=20" "$(request "0681$(text 192.0.2.80/32)")"
  code_is "there is something to observe" 2.01
  mkdir -p watch
  (
    patience=45 ask_server get "$cuid/mid=20" '' -s 25 -B 35
    cp coap.log watch/
  ) &
  watcher=$!
  await 20 "the server has an observer" test_that \
    '[.sessions[].observations] | add >= 1' server sessions
  (mkdir -p other_request && cd other_request && ln -sf ../pki pki \
    && ask_server delete "$cuid/mid=20" && equal "it is withdrawn" "$code" 2.02)
  wait "$watcher"
  cp watch/coap.log .
  at_least "the client was told, and observes" 2 ' c:2\.05 .*Observe:' received
  at_least "it saw the withdrawal, status 5" 1 ' c:2\.05 .*<<.*1005.*>>' \
    received
  at_least "and the end" 1 ' c:4\.04 ' received
  [[ $transport == tcp ]] || equal "none of them was Confirmable" \
    "$(messages received | tail -n +2 | grep -c ' t:CON ' || :)" 0
  equal "the last one is no notification" \
    "$(messages received | grep ' c:4\.04 ' | grep -c Observe: || :)" 0
  expect "Observe rises" rising
  await 20 "and the server forgot the observer" test_that \
    '[.sessions[].observations] | (add // 0) == 0' server sessions
}
rising() {
  messages received | sed -n 's/.*Observe:\([0-9]*\).*/\1/p' \
    | awk '$1 <= last { bad = 1 } { last = $1 } END { exit bad || NR < 2 }'
}

# SIG-227, SIG-229, SIG-253, SIG-254, SIG-255, SIG-258, SIG-271, SIG-251
play_configuration() {
  confirmable=yes
  step "The configuration of the session"
  ask_server get config
  code_is "ranges and values are told" 2.05
  # max-value 240, min-value 15, current-value 30
  for key in 182218f0 18230f 1824181e; do
    expect "the heartbeat interval has $key" grep -q "1821a3.*$key" <<<"$body"
  done
  expect "with a Max-Age" grep -q Max-Age: <<<"$(messages received)"
  ask_server put config/sid=5 a1181ea11820a11821a11824183c
  answer_is "60 s are accepted" 2.01 ''
  await 10 "and hold in the next session" config_is 5 1824183c
  ask_server put config/sid=5 a1181ea11820a11821a118241864
  answer_is "100 s replace them" 2.04 ''
  ask_server put config/sid=4 a1181ea11820a11821a11824183c
  refused_with "a lower sid is refused" 4.00
  ask_server put config/sid=6 a1181ea11820a11821a1182405
  refused_with "5 s are not acceptable" 4.22
  await 10 "what was there stays" config_is 5 18241864
  ask_server put config/sid=7 a1181ea11820a11821a11824183c
  answer_is "a higher sid is accepted" 2.01 ''
  ask_server get config/sid=5
  refused_with "the lower one is gone" 4.04
  ask_server delete config/sid=7
  answer_is "the defaults are back" 2.02 ''
  ask_server get config/sid=7
  refused_with "and no sid is left" 4.04
  confirmable=no
}

# config_is SID OCTETS: what the server says of it.
config_is() {
  ask_server get "config/sid=$1"
  [[ $code == 2.05 && $body == *$2* ]]
}

# SIG-273, SIG-274, SIG-275, SIG-377
play_redirect() {
  step "Another server"
  expect "the operator sends clients away" \
    tocsin redirect --to third.example --address 192.0.2.78 -c server.toml
  ask_server put "$cuid/mid=30" "$(request "0681$(text 192.0.2.90/32)")"
  answer_is "a request is sent there" 5.03 \
    "a1182ea2182f$(text third.example)183081$(text 192.0.2.78)"
  format_is "by application/dots+cbor" application/dots+cbor
  expect "for a while" grep -q Max-Age: <<<"$(messages received)"
  ask_server put hb a11831a11833f5
  answer_is "a heartbeat is still answered" 2.04 ''
  expect "the operator takes them back" tocsin redirect --off -c server.toml
  ask_server put "$cuid/mid=30" "$(request "0681$(text 192.0.2.90/32)")"
  code_is "and the request is accepted" 2.01
}

# SIG-339, SIG-364: a pre-shared key as good as a certificate
play_psk() {
  step "A pre-shared key"
  psk=shop:0123456789abcdef
  ask_server put hb a11831a11833f5
  answer_is "a heartbeat is answered" 2.04 ''
  ask_server put mitigate/cuid=shop/mid=1 \
    "$(request "0681$(text 192.0.2.99/32)")"
  answer_is "a request is created" 2.01 a101a10281a205010e190e10
  ask_server delete mitigate/cuid=shop/mid=1
  answer_is "and withdrawn" 2.02 ''
  expect "the server knows who it was" grep -q '(psk:shop)' server.log
  psk=shop:0123456789abcdeX ask_server put hb a11831a11833f5
  equal "another key gets no session" "$code" none
  psk=nobody:0123456789abcdef ask_server put hb a11831a11833f5
  equal "another identity gets no session" "$code" none
  psk=
}

# SIG-045, SIG-362: no session without the right credentials
play_credentials() {
  step "Wrong credentials"
  as client.example other ask_server get "$cuid"
  equal "a certificate of another authority" "$code" none
  as nobody ask_server get "$cuid"
  equal "no certificate" "$code" none
  expect "the server has no session of theirs" test_that \
    '[.sessions[] | select(.peer == "")] | length == 0' server sessions
}

tell "$client against tocsin, over $transport"
start_server
play_upload
if [[ $transport == udp ]]; then
  play_download
  play_sizes
else
  play_whole
fi
play_observe
play_configuration
play_redirect
# Over TLS the foreign clients and BoringSSL have no cipher suite with a
# pre-shared key in common.
[[ $transport == tcp ]] || play_psk
play_credentials
expect "the server ends in an orderly way" finish server 15
passed
