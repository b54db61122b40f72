# shellcheck shell=bash
# Asks a DOTS server by libcoap's client, in octets made by hand; to be sourced
# after node_test.sh. Comes with `client` and `port`.

# What requests look like unless a caller says otherwise. A pre-shared key, as
# IDENTITY:KEY, goes before the certificate.
certificate=client.example authority=pki confirmable=no media=271
scheme=coaps psk=

# text WORD: a CBOR text string of up to 255 octets, in hexadecimal.
text() {
  local size=${#1}
  if ((size < 24)); then
    printf '%02x' $((0x60 + size))
  else
    printf '78%02x' "$size"
  fi
  printf '%s' "$1" | od -An -v -tx1 | tr -d ' \n'
}

# request TARGETS [LIFETIME] [MORE]: a mitigation request; TARGETS are pairs of
# a map, in hexadecimal, joined by "|"; an empty LIFETIME leaves it out.
request() {
  local pairs more
  IFS='|' read -ra pairs <<<"$1"
  for more in "${2-0e190e10}" "${3-}"; do
    [[ -z $more ]] || pairs+=("$more")
  done
  printf 'a101a10281%02x' $((0xa0 + ${#pairs[@]}))
  printf '%s' "${pairs[@]}"
}

# as NAME [DIRECTORY] ask_server ...: with another certificate.
as() {
  local certificate=$1 authority=pki
  shift
  if [[ $1 != ask_server ]]; then authority=$1; shift; fi
  "$@"
}

# ask_server METHOD PATH [OCTETS] [OPTION...]: PATH counts from
# /.well-known/dots. Sets code ("none": no answer), kind, format, body
# (hexadecimal) and text.
ask_server() {
  local method=$1 path=$2 octets=${3-} arguments
  shift $(($# < 3 ? $# : 3))
  arguments=(-m "$method" -v 7 -B 10)
  if [[ -n $psk ]]; then
    arguments+=(-u "${psk%%:*}" -k "${psk#*:}")
  else
    arguments+=(-C pki/ca.pem)
    [[ $certificate == nobody ]] || arguments+=(
      -c "$authority/$certificate.pem"
      -j "$authority/$certificate-key.pem")
  fi
  [[ $confirmable == yes ]] || arguments+=(-N)
  if [[ -n $octets ]]; then
    raw "$octets" >request.cbor
    arguments+=(-f request.cbor -t "$media")
  fi
  timeout "${patience:-30}" "$client" "${arguments[@]}" "$@" \
    "$scheme://127.0.0.1:$port/.well-known/dots/$path" >coap.log 2>&1 || :
  read_answer
}

# messages received|sent: the messages of that direction in coap.log, as the
# client shows them, a line each; without empty ones and signals of streams.
messages() {
  awk -v way=" $1 [0-9]+ bytes$" '
    shown != "" { print shown (/^<</ ? $0 : ""); shown = "" }
    after && /^v:/ && !/ c:(0\.00|CSM) / { shown = $0 }
    { after = $0 ~ way }
    END { if (shown != "") print shown }' coap.log
}

# Octets from hexadecimal, by the shell alone.
raw() {
  local escaped
  escaped=$(sed 's/../\\x&/g' <<<"$1")
  # shellcheck disable=SC2059 # the format is the data
  printf "$escaped"
}

# The client shows each message that it reads behind a line which says how many
# octets came; a payload that is no text follows in hexadecimal.
read_answer() {
  local lines
  lines=$(awk 'found { print; exit }
    after && /^v:1 / && !/ c:(0\.00|CSM) / { print; found = 1 }
    { after = / received [0-9]+ bytes$/ }' coap.log)
  code=none kind='' format='' body='' text=''
  [[ $lines =~ ^v:1\ t:([A-Z]+)\ c:([0-9.]+)\  ]] || return 0
  kind=${BASH_REMATCH[1]} code=${BASH_REMATCH[2]}
  [[ ! ${lines%% ::*} =~ Content-Format:([^],\ ]+) ]] \
    || format=${BASH_REMATCH[1]}
  [[ ! $lines =~ \ ::\ \'(.*)\' ]] || text=${BASH_REMATCH[1]}
  [[ ! $lines =~ \<\<([0-9a-f]*)\>\> ]] || body=${BASH_REMATCH[1]}
}

code_is() { equal "$1" "$code${text:+ ($text)}" "$2${text:+ ($text)}"; }
format_is() { equal "$1" "$format" "$2"; }

# answer_is WHAT CODE OCTETS
answer_is() {
  code_is "$1" "$2"
  [[ $body == "$3" ]] || die "FAILED: $1: the body is '$body', not '$3'"
}

# refused_with WHAT CODE. SIG-017: each refusal says why, as text.
refused_with() {
  code_is "$1" "$2"
  [[ -n $text && -z $format ]] \
    || die "FAILED: $1: no diagnostic payload ('$text', '$format')"
}

# test_that FILTER NODE COMMAND...: whether a node says so.
test_that() {
  local filter=$1 node=$2
  shift 2
  ask "$node" "$filter" "$@" >/dev/null
}
