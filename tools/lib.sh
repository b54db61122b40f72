# Shared by the tools; to be sourced, by bash, from any directory.
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

if [[ -t 1 ]]; then
  bold=$'\e[1m' red=$'\e[31m' green=$'\e[32m' plain=$'\e[0m'
else
  bold='' red='' green='' plain=''
fi

# A heading that says what happens now.
step() { printf '%s== %s%s\n' "$bold" "$*" "$plain"; }
good() { printf '%s%s%s\n' "$green" "$*" "$plain"; }
bad() { printf '%s%s%s\n' "$red" "$*" "$plain" >&2; }
die() { bad "$*"; exit 1; }

# Prints the comment at the top of the calling tool: its help.
usage() { sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$0"; }

jobs_default() { nproc 2>/dev/null || echo 2; }

# Tracked and new files of the repository that match the patterns.
sources() {
  git -C "$repo" ls-files -co --exclude-standard --deduplicate -- "$@" \
    | while IFS= read -r file; do
        if [[ -e $repo/$file ]]; then printf '%s\n' "$file"; fi
      done
}

# Can this user make network namespaces?
can_netns() { unshare -n true 2>/dev/null || unshare -rn true 2>/dev/null; }
