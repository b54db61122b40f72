# Networks out of network namespaces; to be sourced. They live in a mount
# namespace of their own, so no name of theirs can meet another's, and the
# kernel removes all of it with the last process, whatever happens.

# Root gets a network and a mount namespace; others get a user namespace, in
# which they may have both.
private_network_flags() {
  local flags=(--net --mount --propagation private)
  [[ $(id -u) == 0 ]] || flags=(--user --map-root-user "${flags[@]}")
  printf '%s\n' "${flags[@]}"
}

# in_private_network COMMAND...: replaces this shell by the command.
in_private_network() {
  local flags
  mapfile -t flags < <(private_network_flags)
  exec unshare "${flags[@]}" -- "$@"
}

# Prints what is in the way and fails, if networks cannot be made here.
probe_namespaces() {
  local flags tool
  for tool in unshare nsenter ip nft; do
    command -v "$tool" >/dev/null || { echo "$tool is missing"; return 1; }
  done
  mapfile -t flags < <(private_network_flags)
  # shellcheck disable=SC2016 # expanded by the inner shell
  unshare "${flags[@]}" -- "$BASH" -c '
    source "$1" && set -e && prepare_namespaces && add_namespace probe &&
      ip -n probe link add probe0 type veth peer name probe1 &&
      in_namespace probe nft add table inet probe' - \
    "${BASH_SOURCE[0]}" 2>&1 >/dev/null
}

# Once, inside the private network, before the first namespace.
prepare_namespaces() {
  mount -t tmpfs tmpfs /run
  mkdir -p /run/netns
}

add_namespace() {
  ip netns add "$1"
  ip -n "$1" link set lo up
}

in_namespace() {
  local name=$1
  shift
  nsenter --net="/run/netns/$name" -- "$@"
}

# start_in NAMESPACE NAME LOG COMMAND...: as `start`, in a namespace.
start_in() {
  local namespace=$1 name=$2 log=$3
  shift 3
  start "$name" "$log" nsenter --net="/run/netns/$namespace" -- "$@"
}

# add_link A INTERFACE ADDRESS B INTERFACE ADDRESS: a cable between two.
add_link() {
  ip link add "$2" netns "$1" type veth peer name "$5" netns "$4"
  ip -n "$1" address add "$3" dev "$2"
  ip -n "$4" address add "$6" dev "$5"
  ip -n "$1" link set "$2" up
  ip -n "$4" link set "$5" up
}

# A container may show these files read-only; in our own mount namespace that
# can be changed.
make_router() {
  # shellcheck disable=SC2016
  in_namespace "$1" "$BASH" -c '
    for file in ipv4/ip_forward ipv6/conf/all/forwarding; do
      file=/proc/sys/net/$file
      [[ -e $file ]] || continue
      { echo 1 >$file; } 2>/dev/null ||
        { mount -o remount,rw /proc/sys && echo 1 >$file; }
    done'
}
