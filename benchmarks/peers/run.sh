#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Rebuilds and runs every benchmark of this folder and prints one table.
#
#   run.sh [-c] [COMMAND ...]
#
# Each COMMAND is run as well; its tab-separated rows join the table, so that another library is measured in the same
# run: library, workload, median, min and max in ns a call, ratio to its bare call, allocations and bytes a call (-1: not
# measured). A row of three columns is a count of bytes. -c adds the compile cost of headers.
#
# Needs: g++-12 (or CXX), libboost1.81-dev, go, cargo, mvn and javac 17 or newer, node 20 or newer, python3; for -c
# also libcpp-httplib-dev, nlohmann-json3-dev, catch2, libfmt-dev.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
folder=${BUILD:-$(mktemp -d)}
caller=$PWD
compile_cost=
if [[ ${1:-} == -c ]]; then compile_cost=yes; shift; fi
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
cd "$here"
# Only what differs is copied, so that a kept BUILD is not built again for the date of its files.
find go rust java js python cpp -type f -exec bash -c 'cmp -s "$1" "$2/$1" || cp --parents "$1" "$2"' - {} "$folder" \;
cd "$folder"

# Ahead of whatever else the machine does, where that is allowed: it halves the noise and more.
alone=()
if chrt --rr 5 true 2>/dev/null; then alone=(chrt --rr 5); fi

echo "building in $folder" >&2
missing=
build() { # <folder> <command>...; a language that this machine cannot build is left out
  local name=$1
  shift
  if ! (cd "$name" && "$@") >&2; then
    echo "not run here: $name" >&2
    missing+=" $name "
  fi
}
here_is() { [[ $missing != *" $1 "* ]]; }
cxx=${CXX:-g++-12}
build cpp bash -c "$cxx -std=c++20 -O2 floor.cpp -o floor -pthread && $cxx -std=c++20 -O2 hold.cpp -o hold -pthread"
build go bash -c 'go mod tidy && go build -o bench .'
build rust cargo build --quiet --release
build java bash -c 'mvn --quiet --batch-mode dependency:copy-dependencies -DoutputDirectory=target/dependency &&
  mkdir -p target/classes && javac -d target/classes -cp "target/dependency/*" src/main/java/Bench.java'
build js npm install --silent --no-audit --no-fund
build python bash -c 'python3 -m venv venv && venv/bin/pip install --quiet --disable-pip-version-check -r requirements.txt'

java_bench() {
  java -XX:CompileCommand=quiet -XX:CompileCommand=dontinline,Bench::operation -cp 'java/target/classes:java/target/dependency/*' Bench "$@" 2>/dev/null
}
node_bench() { node --expose-gc --min-semi-space-size=128 --max-semi-space-size=256 js/bench.js "$@"; }
export -f java_bench node_bench

rows() {
  echo "running: $*" >&2
  "${alone[@]}" "$@" >>rows.tsv
}

: >rows.tsv
if here_is cpp; then rows cpp/floor; fi
for command in "$@"; do rows bash -c "cd \"$caller\" && $command"; done
if here_is rust; then rows rust/target/release/bench; fi
if here_is go; then rows go/bench; fi
if here_is java; then
  for workload in 'bare' 'b retry' 'breaker alone' 'c breaker+retry' 'd limiter+breaker+retry' 'bulkhead+limiter+breaker+retry' \
    'e timeout+limiter+breaker+retry' 'f fails twice' 'g open breaker' 'h shared by 2 threads'; do
    rows bash -c 'java_bench "$1"' - "$workload"
  done
fi
if here_is js; then node js/bench.js names | while read -r workload; do rows bash -c 'node_bench "$1"' - "$workload"; done; fi
if here_is python; then rows python/venv/bin/python python/bench.py; fi

if here_is cpp; then for form in coroutine callback; do rows cpp/hold hold "$form"; done; fi
if here_is rust; then for library in tower tower-resilience backon sleep; do rows rust/target/release/bench hold "$library"; done; fi
if here_is go; then for library in failsafe-go cenkalti/backoff sleep; do rows go/bench hold "$library"; done; fi
if here_is java; then rows bash -c 'java_bench hold'; fi
if here_is js; then for library in cockatiel sleep; do rows node --expose-gc js/bench.js hold "$library"; done; fi
if here_is python; then for library in tenacity 'bare asyncio task'; do rows python/venv/bin/python python/bench.py hold "$library"; done; fi

awk -F '\t' -v OFS='\t' '
  BEGIN { print "library", "workload", "median ns", "min", "max", "x bare", "allocations", "bytes" }
  NF == 3 { print $1, $2, "-", "-", "-", "-", "-", $3; next }
  { for (i = 7; i <= 8; i++) if ($i < 0) $i = "-"; print }' rows.tsv | column -t -s "$(printf '\t')"
if [[ $compile_cost ]]; then
  echo
  python3 cpp/compile.py | column -t -s "$(printf '\t')"
fi
