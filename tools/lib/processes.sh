# Starts processes and ends exactly these; to be sourced. Every process also
# ends with the shell that started it, even if that is killed.

declare -A pid_of=()

# start NAME LOG COMMAND...: in the background; both streams go to LOG.
start() {
  local name=$1 log=$2
  shift 2
  setpriv --pdeathsig TERM "$@" >"$log" 2>&1 </dev/null &
  pid_of[$name]=$!
}

is_alive() { kill -0 "${pid_of[$1]}" 2>/dev/null; }

# finish NAME [SECONDS]: asks it to end, waits, then insists. Returns its exit
# status; unknown names do nothing.
finish() {
  local name=$1 patience=${2:-10} status=0 turn
  local pid=${pid_of[$name]:-}
  [[ -n $pid ]] || return 0
  unset "pid_of[$name]"
  kill -TERM "$pid" 2>/dev/null || :
  for ((turn = 0; turn < patience * 20; turn++)); do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.05
  done
  kill -KILL "$pid" 2>/dev/null || :
  wait "$pid" 2>/dev/null || status=$?
  return "$status"
}

finish_all() {
  local name
  for name in "${!pid_of[@]}"; do
    finish "$name" 5 || :
  done
}

# wait_for SECONDS COMMAND...: until the command succeeds.
wait_for() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < deadline)) || return 1
    sleep 0.05
  done
}
