# Questions to the logs of tocsin-traffic, whose lines are: milliseconds since
# 1970, counts within 20 ms; to be sourced.

now_ms() {
  local us=${EPOCHREALTIME/[.,]/} # no process: the machine may be busy
  echo $((us / 1000))
}

# sum FILE COLUMN FROM TO: what happened within these milliseconds.
sum() {
  awk -v column="$2" -v from="$3" -v to="$4" '
    $1 >= from && $1 < to { total += $(column + 1) }
    END { printf "%.0f\n", total }' "$1"
}

# per_second FILE COLUMN FROM TO
per_second() {
  awk -v column="$2" -v from="$3" -v to="$4" '
    $1 >= from && $1 < to { total += $(column + 1) }
    END { printf "%.0f\n", (to > from ? total * 1000 / (to - from) : 0) }' "$1"
}

# first_second FILE COLUMN FROM below|above LIMIT: the first bin from FROM on
# that begins a whole second with less (or more) than LIMIT; "none" otherwise.
first_second() {
  awk -v column="$2" -v from="$3" -v way="$4" -v limit="$5" '
    BEGIN { width = 50 } # bins in a second
    $1 >= from && !found {
      at[n] = $1; counts[n] = $(column + 1); running += counts[n++]
      if (n > width) running -= counts[n - width - 1]
      if (n >= width && (way == "below" ? running < limit : running > limit)) {
        begin = n - width
        found = 1
      }
    }
    END { if (found) print at[begin]; else print "none" }' "$1"
}

# first_bin FILE COLUMN FROM LIMIT: the first bin from FROM on with more than
# LIMIT; "none" otherwise.
first_bin() {
  awk -v column="$2" -v from="$3" -v limit="$4" '
    $1 >= from && $(column + 1) > limit && !found { print $1; found = 1 }
    END { if (!found) print "none" }' "$1"
}

# grouped NUMBER: 1234567 as 1,234,567.
grouped() {
  local text=$1 out=
  while [[ ${#text} -gt 3 ]]; do
    out=,${text: -3}$out
    text=${text:0:-3}
  done
  printf '%s\n' "$text$out"
}
