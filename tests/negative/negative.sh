#!/bin/bash
# Requests that a server must not take: negative.sh dtls|tls PROGRAM. PROGRAM
# (main.cpp) sends them and judges. TOCSIN_NEGATIVE_ROUNDS: how often each row
# is sent; half of the rounds go over fresh sessions.
source "$(dirname "${BASH_SOURCE[0]}")/../support/node_test.sh"
transport=${1:?} program=${2:?}
rounds=${TOCSIN_NEGATIVE_ROUNDS:-20}

# The customer's rate is not limited: that is not under test here.
make_pki
tocsin pki issue second.example --dir pki --for client >/dev/null
tocsin pki issue stranger.example --dir pki --for client >/dev/null
write_hook
port=$(free_port)
TOCSIN_LOG_LEVEL=${TOCSIN_LOG_LEVEL:-warning} \
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
requests_per_minute = 0
END
start server server.log tocsin run -c server.toml
await_node server
step "Rows of the negative table over $transport"
"$program" "$transport" "$port" pki "${pid_of[server]}" \
  $((rounds - rounds / 2)) $((rounds / 2)) || die "FAILED: see above"
# SIG-126: no row left a trace
equal "the server holds one mitigation" \
  "$(ask server '.mitigations | length' list)" 1
expect "the server ends in an orderly way" finish server 15
passed
