# The live table of a story: what happened in the last second; to be sourced.

table_head() {
  printf '\n  %s%7s  %14s  %14s  %-20s  %9s  %10s%s\n' "$bold" time \
    'flood sent' 'at the victim' '' 'visits' 'answered' "$plain"
}

# One process a row: the table must not be what makes a busy machine late.
table_row() {
  local to=$(($(now_ms) - 60)) files=(victim.bins visit.bins) # surely written
  [[ ! -s flood.bins ]] || files+=(flood.bins)
  awk -v from=$((to - 1000)) -v to="$to" -v full="$DEMO_RATE" \
    -v time=$((SECONDS - began)) -v red="$red" -v green="$green" \
    -v plain="$plain" '
    function grouped(n, text, out) {
      text = sprintf("%.0f", n)
      while (length(text) > 3) {
        out = "," substr(text, length(text) - 2) out
        text = substr(text, 1, length(text) - 3)
      }
      return text out "/s"
    }
    $1 >= from && $1 < to { one[FILENAME] += $2; two[FILENAME] += $3 }
    END {
      n = one["victim.bins"]
      for (i = 0; i * full < n * 20 && i < 20; i++)
        bar = bar "#"
      printf "  %+5d s  %14s  %s%14s  %-20s%s  %9s  %10s\n", time,
        grouped(one["flood.bins"]), n * 20 < full ? green : red, grouped(n),
        bar, plain, grouped(one["visit.bins"]), grouped(two["visit.bins"])
    }' "${files[@]}"
}

# watch_traffic SECONDS: a row for each.
watch_traffic() {
  local end=$((SECONDS + $1))
  table_head
  while ((SECONDS < end)); do
    sleep 1
    table_row
  done
}
