#!/bin/bash
# A foreign CoAP client (libcoap's, over GnuTLS or OpenSSL) speaks DOTS with our
# server, in octets made by hand: coap_client.sh gnutls|openssl
source "$(dirname "${BASH_SOURCE[0]}")/../support/node_test.sh"
source "$repo/tests/interop/coap.sh"
client=coap-client-${1:?}
need "$client"

start_server() {
  make_pki
  tocsin pki issue second.example --dir pki --for client >/dev/null
  tocsin pki issue stranger.example --dir pki --for client >/dev/null
  tocsin pki init --dir other --name "Other CA" >/dev/null
  tocsin pki issue client.example --dir other --for client >/dev/null
  write_hook
  port=$(free_port)
  write_server "127.0.0.1:$port" <<END
[[server.mitigator]]
name = "edge"
driver = "exec"
arguments = ["--hook", "$state/hook"]

[[server.customer]]
name = "acme"
identities = ["client.example", "second.example"]
prefixes = ["192.0.2.0/24", "2001:db8::/32"]
domains = ["www.example.com"]
names = { "www.example.com" = ["192.0.2.80"] }
max_lifetime = "1d"
request_burst = 1000
END
  start server server.log tocsin run -c server.toml
  await_node server
}

# USE-004, ARCH-024, ARCH-026, ARCH-029
# One request from birth to death, answers compared octet by octet.
play_life() {
  step "The life of a mitigation request"
  # SIG-116, SIG-118, SIG-122, SIG-016: created, with mid and lifetime granted
  # SIG-009: without a session configuration before
  # SIG-015, COAP-057: PUT, GET and DELETE, each with the codes that it has
  ask_server put "$cuid/mid=123" "$good"
  answer_is "a new request is created" 2.01 a101a10281a205187b0e190e10
  # SIG-381
  format_is "its answer is application/dots+cbor" application/dots+cbor
  # SIG-039: Non-confirmable both ways
  equal "a Non-confirmable request has a Non-confirmable answer" "$kind" NON
  # SIG-113: a mitigator gets it
  await 20 "the mitigator was told" grep -q '^install .*-123 192.0.2.80/32' \
    orders.txt
  # SIG-150, SIG-153, SIG-167: configuration alone is the same at any time
  ask_server get "$cuid/mid=123?c=c"
  code_is "it can be read" 2.05
  read_back=$(sed 's/0e19....$//' <<<"$body")
  equal "mid and targets as they were asked for" "$read_back" \
    "a101a10281a4""05187b""0681$(text 192.0.2.80/32)""0a8111"
  read_status
  # SIG-148, SIG-095: refresh
  ask_server put "$cuid/mid=123" "$(request "$web" 0e190708)"
  answer_is "a refresh changes the lifetime" 2.04 a101a10281a205187b0e190708
  # SIG-149, SIG-147: the scope of a mid never changes
  ask_server put "$cuid/mid=123" "$(request "0681$(text 192.0.2.81/32)")"
  refused_with "a changed scope is refused" 4.00
  # SIG-196, SIG-197, SIG-200, SIG-202: efficacy update
  ask_server put "$cuid/mid=123" "$(request "$web" "0e190e10" 181d01)" -O 1,
  code_is "an efficacy update is accepted" 2.04
  # SIG-208: 2.02 without payload
  ask_server delete "$cuid/mid=123"
  answer_is "it is withdrawn" 2.02 ''
  # SIG-209
  ask_server delete "$cuid/mid=123"
  answer_is "so it is when asked again" 2.02 ''
  # SIG-215: gone after the terminating period
  await 20 "the mitigator was told to end" grep -q '^withdraw .*-123' orders.txt
  # SIG-164
  ask_server get "$cuid/mid=123"
  refused_with "then it is not found" 4.04
}

# SIG-167, SIG-168, SIG-169, SIG-170: mid, start, lifetime left and status
read_status() {
  ask_server get "$cuid/mid=123?c=n"
  code_is "its status can be read" 2.05
  expect "the status has mid, lifetime left, start and status" \
    grep -Eq '^a101a10281a405187b0e19....0f1a........10(01|02)$' <<<"$body"
}

play_paths() {
  step "Paths and methods"
  # SIG-119, SIG-207, SIG-075, SIG-050, SIG-065
  while read -r method path why; do
    ask_server "$method" "$path" "$good"
    refused_with "$method $path: $why" 4.00
  done <<END
put mitigate/mid=1 no cuid
put mitigate/cuid=a no mid
delete mitigate/cuid=a no mid
delete mitigate/mid=1 no cuid
put mitigate/cuid=/mid=1 an empty cuid
put mitigate/cuid=a/mid= an empty mid
get mitigate/cuid=a/mid= an empty mid
delete mitigate/cuid=a/mid= an empty mid
put mitigate/mid=1/cuid=a in the wrong order
put mitigate/cuid=a/mid=x not a number
put mitigate/cuid=a/mid=4294967296 beyond 32 bits
put mitigate/cuid=a/mid=1/mid=2 two mids
END
  # SIG-026, SIG-370
  ask_server get nonsense
  refused_with "an unknown path is not found" 4.04
  # SIG-165
  ask_server get mitigate/cuid=none
  refused_with "a client without mitigations has none to list" 4.04
  # SIG-371
  ask_server post "$cuid/mid=1" "$good"
  refused_with "POST is not allowed" 4.05
  ask_server fetch "$cuid/mid=1" "$good"
  refused_with "neither is FETCH" 4.05
  # SIG-375
  media=60 ask_server put "$cuid/mid=1" "$good"
  refused_with "another Content-Format is refused" 4.15
  ask_server get "$cuid" '' -A 60
  refused_with "another Accept is refused" 4.06
  # SIG-369
  ask_server get "$cuid" '' -O 2049,x
  refused_with "an unknown critical option is refused" 4.02
}

# SIG-287, SIG-290: 2.04 without body; SIG-289: nothing behind hb
play_heartbeats() {
  step "Heartbeats"
  ask_server put hb a11831a11833f5
  answer_is "a heartbeat is answered" 2.04 ''
  ask_server put hb a11831a0
  refused_with "peer-hb-status is mandatory" 4.00
  ask_server put hb/cuid=a a11831a11833f5
  expect "a heartbeat has no cuid" test "${code%.*}" == 4
}

play_bodies() {
  step "Bodies that the server must not take"
  source "$repo/tests/interop/bad_bodies.sh"
  while IFS='|' read -r octets why; do
    [[ -n $why ]] || continue
    ask_server put "$cuid/mid=500" "${octets// /}"
    refused_with "$why" 4.00
  done < <(bad_bodies)
  # SIG-321, SIG-322: the diagnostic names the key
  ask_server put "$cuid/mid=500" "$(request "$web" 0e190e10 183c01)"
  expect "the diagnostic names the unknown key" grep -q 60 <<<"$text"
  # SIG-126: none of them left a trace
  ask_server get "$cuid/mid=500"
  refused_with "no mitigation came of any" 4.04
}

# ARCH-005, ARCH-066, ARCH-067, ARCH-069, ARCH-224
play_rights() {
  step "Who may ask for what"
  # SIG-395, SIG-396, SIG-078, SIG-368, SIG-017
  ask_server put "$cuid/mid=600" "$(request "0681$(text 198.51.100.1/32)")"
  refused_with "a foreign prefix is refused" 4.01
  expect "the diagnostic names it" grep -q 198.51.100.1 <<<"$text"
  ask_server put "$cuid/mid=600" "$(request "0681$(text 192.0.2.0/23)")"
  refused_with "a wider prefix is refused" 4.01
  ask_server put "$cuid/mid=600" "$(request "0b81$(text www.example.net)")"
  refused_with "a foreign name is refused" 4.01
  # SIG-082: a name's addresses are checked like prefixes
  ask_server put "$cuid/mid=601" "$(request "0b81$(text www.example.com)")"
  answer_is "its own name is accepted" 2.01 a101a10281a2051902590e190e10
  await 20 "and resolved" grep -q '^install .*-601 192.0.2.80/32' orders.txt
  # SIG-011: a sibling sees nothing, SIG-060, SIG-140: nor takes its cuid
  as second.example ask_server get "mitigate/cuid=b/mid=601"
  refused_with "another client does not see it" 4.04
  as second.example ask_server put "$cuid/mid=700" "$good"
  answer_is "a cuid has one owner" 4.09 a101a10281a111a11303
  # SIG-365, SIG-368: a good certificate that belongs to no customer
  as stranger.example ask_server put mitigate/cuid=c/mid=1 "$good"
  refused_with "strangers are not authorised" 4.01
  # SIG-045, SIG-362: no certificate, or one of another authority
  as client.example other ask_server put mitigate/cuid=d/mid=1 "$good"
  equal "certificates of another authority get no session" "$code" none
  as nobody ask_server put mitigate/cuid=e/mid=1 "$good"
  equal "no certificate, no session" "$code" none
  expect "the server holds no mitigation of theirs" \
    test "$(ask server '.mitigations | length' list)" == 1
}

play_policies() {
  step "Lifetimes, overlaps and what is optional"
  # SIG-091, SIG-093, SIG-326: endless is not granted; the answer says what is
  ask_server put "$cuid/mid=800" "$(request "$web" 0e20)"
  answer_is "an endless lifetime is cut to a day" 2.01 \
    a101a10281a2051903200e1a00015180
  # SIG-124, SIG-126: it replaced mid 601, whose name has the same address
  ask_server get "$cuid/mid=601"
  refused_with "the larger mid replaced the smaller" 4.04
  # SIG-127, SIG-128, SIG-129, SIG-130
  ask_server put "$cuid/mid=799" "$good"
  answer_is "a smaller mid conflicts" 4.09 \
    a101a10281a111a2130115a105190320
  # SIG-120, SIG-022: keys 128 to 255 may be skipped
  ask_server put "$cuid/mid=801" "$(request "$web" 0e190e10 18c801)"
  answer_is "an unknown optional key is skipped" 2.01 \
    a101a10281a2051903210e190e10
  # SIG-104: cdid straight from a client counts for nothing
  ask_server get "mitigate/cdid=x/${cuid#*/}/mid=801?c=n"
  code_is "cdid of a client is ignored" 2.05
  # SIG-382, SIG-383
  ask_server put "$cuid/mid=802" "d9010f$good"
  answer_is "tag 271 may stand in front" 2.01 a101a10281a2051903220e190e10
  # SIG-201: silence is the answer
  ask_server put "$cuid/mid=900" "$(request "$web" 0e190e10 181d01)" -O 1, -B 2
  equal "an efficacy update of nothing gets no answer" "$code" none
  # SIG-224: a Confirmable request is acknowledged
  confirmable=yes ask_server get "$cuid/mid=802?c=n"
  code_is "Confirmable requests work, too" 2.05
  equal "the acknowledgement carries the answer" "$kind" ACK
  ask_server delete "$cuid/mid=802"
  answer_is "at last all is withdrawn" 2.02 ''
}

tell "$client against tocsin"
start_server
cuid=mitigate/cuid=dz6pHjaADkaFTbjr0JGBpw
web="0681$(text 192.0.2.80/32)|0a8111"
good=$(request "$web")
play_life
play_paths
play_heartbeats
play_bodies
play_rights
play_policies
await 20 "nothing stays in force" \
  test_that '.mitigators[0].rules == 0 and .mitigations == 0' server node
expect "the server ends in an orderly way" finish server 15
passed
