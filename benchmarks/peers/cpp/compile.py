# SPDX-License-Identifier: BSL-1.0

"""The cost of including a header: CPU time and peak memory of one translation unit, median of five (min..max)."""
import os
import statistics
import subprocess
import sys
import tempfile

COMPILER = [os.environ.get("CXX", "g++-12"), "-O2", "-std=c++20"]
ROUNDS = 5
UNITS = {
    "empty": [],
    "<chrono> + <optional>": ["chrono", "optional"],
    "<atomic> + <mutex> + <random>": ["atomic", "mutex", "random"],
    "<functional> + <variant> + <memory>": ["functional", "variant", "memory"],
    "<boost/outcome/result.hpp>": ["boost/outcome/result.hpp"],
    "<boost/asio.hpp> 1.81": ["boost/asio.hpp"],
    "<boost/asio/steady_timer.hpp> 1.81": ["boost/asio/steady_timer.hpp"],
    "<httplib.h>": ["httplib.h"],
    "<nlohmann/json.hpp>": ["nlohmann/json.hpp"],
    "<catch2/catch.hpp>": ["catch2/catch.hpp"],
    "<fmt/format.h>": ["fmt/format.h"],
}
# More headers, to measure beside these: the arguments, with their include folders in CPATH.
UNITS |= {f"<{header}>": [header] for header in sys.argv[1:]}


def once(source, flags):
    process = subprocess.Popen([*COMPILER, *flags, source, "-o", os.devnull], stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return None if process.returncode else (usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def spread(values, digits):
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}..{max(values):.{digits}f})"


print("unit", "front end s", "compile s", "peak MiB", sep="\t")
with tempfile.TemporaryDirectory() as folder:
    source = os.path.join(folder, "unit.cpp")
    for name, headers in UNITS.items():
        with open(source, "w") as file:
            file.writelines(f"#include <{header}>\n" for header in headers)
        front = [once(source, ["-fsyntax-only"]) for _ in range(ROUNDS)]
        whole = [once(source, ["-c"]) for _ in range(ROUNDS)]
        if None in front or None in whole:
            print(name, "does not compile", sep="\t")
            continue
        print(name, spread([time for time, _ in front], 2), spread([time for time, _ in whole], 2), spread([memory for _, memory in whole], 0), sep="\t", flush=True)
