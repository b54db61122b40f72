# shellcheck shell=bash
# Speaks RESTCONF with a server's data channel, by curl; to be sourced after
# node_test.sh. `data_at` is the address of the data channel, ADDRESS:PORT,
# `curl_in` a namespace to call from, or empty.

need curl diff
data_at= curl_in=
dd=/restconf/data/ietf-dots-data-channel:dots-data

# rest WHO METHOD PATH [BODY] [ARGUMENT...]: as the agent with this certificate.
# Sets status (000: no answer) and leaves head and body in files.
rest() {
  local who=$1 method=$2 path=$3 body=${4-} call=()
  shift $(($# < 4 ? $# : 4))
  [[ -z $curl_in ]] || call=(in_namespace "$curl_in")
  call+=(curl -sS -g --max-time 20 -X "$method" -o body.json -D head.txt
    -w '%{http_code}' --cacert pki/ca.pem
    --connect-to "server.example:443:$data_at")
  [[ $who == nobody ]] || call+=(--cert "pki/$who.pem" --key "pki/$who-key.pem")
  [[ -z $body ]] || call+=(-H 'content-type: application/yang-data+json'
    --data-binary "$body")
  : >body.json
  status=$("${call[@]}" "$@" "https://server.example$path" 2>curl.log) || :
}

# answered WHAT STATUS: of the last request.
answered() { equal "$1" "$status$(tail_of_body "$2")" "$2"; }

# What the body says, if the status is not the expected one.
tail_of_body() { [[ $status == "$1" ]] || printf ' (%s)' "$(head -c 300 body.json)"; }

# said WHAT FILTER WANTED: of the last body, through jq.
said() { equal "$1" "$(jq -r "$2" body.json)" "$3"; }

# register WHO CUID
register() {
  rest "$1" POST "$dd" \
    "{\"ietf-dots-data-channel:dots-client\":[{\"cuid\":\"$2\"}]}"
}

# ace NAME MATCHES ACTIONS: an access control entry.
ace() { printf '{"name":"%s","matches":%s,"actions":%s}' "$@"; }

# put_acl WHO CUID NAME TYPE ACTIVATION ACE...
put_acl() {
  local who=$1 cuid=$2 name=$3 type=$4 activation=$5 list
  shift 5
  list=$(printf ',%s' "$@")
  rest "$who" PUT "$dd/dots-client=$cuid/acls/acl=$name" \
    "{\"ietf-dots-data-channel:acl\":[{\"name\":\"$name\",\"type\":\"$type-acl-type\",
      \"activation-type\":\"$activation\",\"aces\":{\"ace\":[${list:1}]}}]}"
}

# put_alias WHO CUID NAME PREFIX...
put_alias() {
  local who=$1 cuid=$2 name=$3 list
  shift 3
  list=$(printf ',"%s"' "$@")
  rest "$who" PUT "$dd/dots-client=$cuid/aliases/alias=$name" \
    "{\"ietf-dots-data-channel:alias\":[{\"name\":\"$name\",
      \"target-prefix\":[${list:1}]}]}"
}

# documented FILE HEADING: what docs/operations.md shows below this heading:
# commands ("$", and ">" where they go on) to FILE.sh, their output to FILE.out.
documented() {
  rm -f "$1.sh" "$1.out"
  awk -v file="$1" -v heading="### $2" '
    /^#/ { here = $0 == heading; next }
    !here { next }
    /^    [$>] / { print substr($0, 7) >(file ".sh"); next }
    /^    / { print substr($0, 5) >(file ".out") }' "$repo/docs/operations.md"
  [[ -s $1.sh && -s $1.out ]] || die "docs/operations.md has no '$2'"
}

# Columns and blank lines are not what matters, nor a second that went by.
plainly() { sed 's/  */ /g; s/ $//; /^$/d; s/6 d 23 h/7 d/'; }

# as_documented FILE: do the commands say what docs/operations.md says?
as_documented() {
  local call=()
  [[ -z $curl_in ]] || call=(in_namespace "$curl_in")
  printf 'connect-to = "server.example:443:%s"\n' "$data_at" >.curlrc
  CURL_HOME=$PWD TOCSIN_CONFIG=server.toml "${call[@]}" "$BASH" "$1.sh" \
    >found.log 2>&1 || return 1
  diff <(plainly <"$1.out") <(plainly <found.log) >difference.log
}
