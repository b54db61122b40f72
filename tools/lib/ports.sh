# shellcheck shell=bash
# Ports for nodes that tests, demos and benchmarks start beside each other.

# A port that nobody has, for UDP and for TCP. It lies below the range from
# which the kernel takes ports of its own accord: any connection could have
# taken another one a moment later.
free_port() {
  local port
  for port in $(shuf -i 20000-32000 -n 50); do
    grep -qis ":$(printf %04X "$port") " /proc/net/{udp,udp6,tcp,tcp6} || break
  done
  echo "$port"
}
