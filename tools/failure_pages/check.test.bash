# SPDX-License-Identifier: BSL-1.0
#
# check.test.bash <the program failure_pages>: what it must say of pages that are missing, stale, or of no row.
set -euo pipefail
program=$1
pages=$(mktemp -d)
trap 'rm -rf "$pages"' EXIT

"$program" "$pages"
"$program" --check "$pages"
rm "$pages/rpd-free.md"
sed -i 's/overload/load/' "$pages/overloaded.md"
touch "$pages/no-such-failure.md"
if said=$("$program" --check "$pages"); then
  echo "it sees no fault"
  exit 1
fi
for fault in 'rpd-free.md: the page is missing' 'overloaded.md: the page is not what the table says now' 'no-such-failure.md: no failure has this name'; do
  [[ $said == *"$fault"* ]] || { printf 'it must say\n  %s\nand says\n  %s\n' "$fault" "$said" && exit 1; }
done
[[ $(wc -l <<<"$said") == 3 ]] || { echo "it says more: $said" && exit 1; }

"$program" "$pages" # which mends all three
"$program" --check "$pages"
