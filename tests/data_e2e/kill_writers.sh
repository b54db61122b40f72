#!/bin/bash
# Four agents write aliases and filters while the server is killed (SIGKILL)
# again and again, and once ended: whatever was answered is there afterwards.
# TOCSIN_SEED repeats the moments of an earlier run.
source "$(dirname "${BASH_SOURCE[0]}")/../support/node_test.sh"
source "$repo/tests/data_e2e/data.sh"

seed=${TOCSIN_SEED:-$((EPOCHSECONDS % 32768))}
RANDOM=$seed
writers=4

make_pki
write_hook
port=$(free_port)
data_at=127.0.0.1:$(free_port)
write_server "127.0.0.1:$port" <<END
[server.data]
listen = ["$data_at"]
max_client_acls = 2000
max_client_aliases = 2000
max_client_entries = 2000
requests_per_minute = 600000
request_burst = 10000

[[server.mitigator]]
name = "edge"
driver = "exec"
arguments = ["--hook", "$state/hook", "--filters"]

[[server.customer]]
name = "acme"
identities = ["client.example"]
prefixes = ["192.0.2.0/24"]
END

begin_server() {
  [[ ! -s server.log ]] || cat server.log >>server.history
  start server server.log tocsin run -c server.toml
  await_node server
}

# write_for_ever N: creates, changes and deletes entries of its own client, and
# notes what was answered: "alias NAME VERSION", "acl NAME", "gone NAME".
write_for_ever() {
  local n=$1 i=0 cuid=cuid-$1
  mkdir -p "w$n"
  ln -sfn ../pki "w$n/pki"
  cd "w$n"
  for (( ; ; )); do
    i=$((i + 1))
    put_alias client.example "$cuid" "a$i" "192.0.2.$((i % 256))/32"
    [[ $status != 201 ]] || echo "alias a$i" >>answered.txt
    put_acl client.example "$cuid" "f$i" ipv4 immediate "$(ace one \
      "{\"ipv4\":{\"destination-ipv4-network\":\"192.0.2.$((i % 256))/32\"}}" \
      '{"forwarding":"drop"}')"
    [[ $status != 201 ]] || echo "acl f$i" >>answered.txt
    ((i % 3 == 0)) || continue
    rest client.example DELETE "$dd/dots-client=$cuid/aliases/alias=a$i"
    [[ $status != 204 ]] || echo "gone a$i" >>answered.txt
  done
}

# What the server says it has of writer N, as sorted lines.
held_by() {
  rest client.example GET "$dd/dots-client=cuid-$1?content=config"
  [[ $status == 200 ]] || die "FAILED: client cuid-$1 is lost ($status)"
  jq -r '.["ietf-dots-data-channel:dots-client"][0]
    | (.aliases.alias[]? | "alias \(.name)"), (.acls.acl[]? | "acl \(.name)")' \
    body.json | sort
}

# A deletion that was answered undoes the creation before it.
judge() {
  local n kind name lost=0 back=0
  for ((n = 1; n <= writers; n++)); do
    held_by "$n" >held.txt
    while read -r kind name; do
      case $kind in
      gone)
        ! grep -qx "alias $name" held.txt || {
          bad "alias $name of $n was deleted, and is back"
          back=$((back + 1))
        }
        ;;
      *)
        grep -qx "$kind $name" held.txt && continue
        # An unanswered DELETE may have happened.
        [[ $kind == alias ]] && ((${name#a} % 3 == 0)) && continue
        bad "$kind $name of $n was answered, and is lost"
        lost=$((lost + 1))
        ;;
      esac
    done <"w$n/answered.txt"
  done
  equal "what was answered is there" "$lost" 0
  equal "what was deleted is gone" "$back" 0
}

tell "Seed $seed"
begin_server
for ((n = 1; n <= writers; n++)); do
  register client.example "cuid-$n"
  answered "writer $n is registered" 201
done

step "Writers, and eight deaths"
for ((n = 1; n <= writers; n++)); do
  write_for_ever "$n" 2>/dev/null &
  pid_of[writer$n]=$!
done
for ((death = 1; death <= 8; death++)); do
  sleep "0.$((300 + RANDOM % 600))"
  if ((death == 5)); then
    expect "ended in an orderly way" finish server 15
  else
    kill -KILL "${pid_of[server]}"
    wait "${pid_of[server]}" 2>/dev/null || :
  fi
  begin_server
done
answers() { cat w*/answered.txt 2>/dev/null | wc -l; }
before=$(answers)
write_on() { (($(answers) > before)); }
await 20 "the writers go on after the last death" write_on
for ((n = 1; n <= writers; n++)); do finish "writer$n" || :; done

step "What is left of it"
total=$(cat w*/answered.txt | wc -l)
expect "something was written ($total answers)" test "$total" -gt 50
# REST-043
judge
kill -KILL "${pid_of[server]}"
wait "${pid_of[server]}" 2>/dev/null || :
begin_server
judge
filters_of() { ask server '[.data_clients[].entries_in_force] | add' data; }
acls() { cat w*/answered.txt | grep -c '^acl'; }
expect "and every filter is wanted from the driver" \
  test "$(filters_of)" -ge "$(acls)"
expect "the server ends in an orderly way" finish server 15
passed
