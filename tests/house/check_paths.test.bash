# SPDX-License-Identifier: BSL-1.0
source "$(dirname "${BASH_SOURCE[0]}")/planted.bash"

plant README.md 'See docs/work/, /usr/include and shared/state.' 'A network/work queue; https://example.org/home/x; a root/ of ours.'
plant build/log.txt "made in $PWD"
holds check_paths "$tree"

top=/ # so that this file names no such path itself
for path in "${top}work/main" "${top}root/.cache" "${top}home/somebody/ductile" "..${top}shared/notes" "shared${top}corpus" "py""pi.org"; do
  plant notes.md "found at $path"
  refuses check_paths "$tree" "notes.md:1:found at $path"
done
