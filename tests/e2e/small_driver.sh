# shellcheck shell=bash
# A mitigator that drops nothing, and has no room left while the file `full`
# exists; to be sourced after node_test.sh.

# write_small_driver: the program `driver`.
write_small_driver() {
  cat >driver <<END
#!/bin/bash
cd "$state"
while read -r line; do
  full=false
  [[ ! -e full ]] || full=true
  jq -c --argjson full "\$full" '
    if .type == "hello" then
      {type: "hello", version: 1, driver: "small", capabilities:
        {actions: ["drop"], families: ["ipv4", "ipv6"], counters: false}}
    elif .type == "bye" then empty
    else {type: "done", seq, failures: [if \$full then .rules[]?
      | {id, code: "too-large", message: "there is no room left"}
      else empty end]} end' <<<"\$line"
  [[ \$line != *'"bye"'* ]] || exit 0
done
END
  chmod +x driver
}
