#!/bin/bash
# Requests that a data channel must not take: data_negative.sh PROGRAM. PROGRAM
# (data/main.cpp) sends them and judges. TOCSIN_NEGATIVE_ROUNDS: how often.
source "$(dirname "${BASH_SOURCE[0]}")/../support/node_test.sh"
program=${1:?}
rounds=${TOCSIN_NEGATIVE_ROUNDS:-20}

# The customers' rates are not limited: that is not under test here.
make_pki
for name in second third stranger; do
  tocsin pki issue "$name.example" --dir pki --for client >/dev/null
done
write_hook
port=$(free_port)
data_port=$(free_port)
TOCSIN_LOG_LEVEL=${TOCSIN_LOG_LEVEL:-error} \
  write_server "127.0.0.1:$port" <<END
[server.data]
listen = ["127.0.0.1:$data_port"]
requests_per_minute = 60000000
request_burst = 1000000

[[server.mitigator]]
name = "edge"
driver = "exec"
arguments = ["--hook", "$state/hook", "--filters"]

[[server.customer]]
name = "acme"
identities = ["client.example", "second.example"]
prefixes = ["192.0.2.0/24", "2001:db8::/32"]
domains = ["www.example.com"]

[[server.customer]]
name = "globex"
identities = ["third.example"]
prefixes = ["203.0.113.0/24"]
END
start server server.log tocsin run -c server.toml
await_node server
await 20 "the driver is up" mitigator_is_up
step "Rows of the negative table over HTTPS"
"$program" "$data_port" pki "${pid_of[server]}" "$rounds" \
  || die "FAILED: see above"
equal "the server holds three clients" \
  "$(ask server '.data_clients | length' data)" 3
expect "the server ends in an orderly way" finish server 15
passed
