# SPDX-License-Identifier: BSL-1.0
#
# For the tests of the guards in scripts/: a tree of planted files, and what a guard must say about it. Read with
# `source planted.bash`, in scripts that are called with the folder of the guards.
set -euo pipefail

guards=$1
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT

plant() { # <path> <line>...
  mkdir -p "$(dirname "$tree/$1")"
  printf '%s\n' "${@:2}" >"$tree/$1"
}

holds() { # <guard> <its argument>
  local said
  if ! said=$("$guards/$1" "$2" 2>&1); then
    echo "$1 refuses what is right: $said"
    exit 1
  fi
}

refuses() { # <guard> <its argument> <what it must say>
  local said
  if said=$("$guards/$1" "$2" 2>&1); then
    echo "$1 does not see: $3"
    exit 1
  fi
  if [[ $said != *"$3"* ]]; then
    printf '%s must say\n  %s\nand says\n  %s\n' "$1" "$3" "$said"
    exit 1
  fi
}
