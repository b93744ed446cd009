# SPDX-License-Identifier: BSL-1.0

"""Measures tenacity and pybreaker, for scale. Prints tab-separated rows: library, workload, median, min and max (ns per
call), ratio to the bare call, -, -. `bench.py hold` holds 100 000 calls in backoff sleep with asyncio."""
import asyncio
import gc
import os
import statistics
import sys
import threading
import time

import pybreaker
import tenacity

ROUNDS, ROUND_NS, HELD = 21, 10_000_000, 100_000
SOURCE = 7


def operation():
    return SOURCE


class Fails(Exception):
    pass


calls = 0


def fails_twice():
    global calls
    calls += 1
    if calls % 3:
        raise Fails
    return SOURCE


def timed(batch, body):
    start = time.perf_counter_ns()
    for _ in range(batch):
        body()
    return time.perf_counter_ns() - start


def batch_of(body):
    batch = 1
    while timed(batch, body) < ROUND_NS:
        batch *= 2
    return batch


bare = None


def row(library, workload, samples):
    global bare
    median = statistics.median(samples)
    bare = bare or median
    print(library, workload, f"{median:.2f}", f"{min(samples):.2f}", f"{max(samples):.2f}", f"{median / bare:.1f}", -1, -1, sep="\t")


def measure(library, workload, body):
    batch = batch_of(body)
    row(library, workload, [timed(batch, body) / batch for _ in range(ROUNDS)])


def measure_shared(library, body):
    batch, samples = batch_of(body), []
    for _ in range(ROUNDS):
        threads = [threading.Thread(target=timed, args=(batch, body)) for _ in range(2)]
        start = time.perf_counter_ns()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        samples.append((time.perf_counter_ns() - start) / batch)
    row(library, "h shared by 2 threads", samples)


def resident_bytes():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS:"))


async def hold(library):
    failed = 0

    async def fails():
        nonlocal failed
        failed += 1
        raise Fails

    async def sleeper():
        try:
            await fails()
        except Fails:
            await asyncio.sleep(3600)

    retrying = tenacity.retry(stop=tenacity.stop_after_attempt(5), wait=tenacity.wait_fixed(3600))(fails)
    gc.collect()
    before = resident_bytes()
    tasks = [asyncio.create_task((retrying if library == "tenacity" else sleeper)()) for _ in range(HELD)]
    while failed < HELD:
        await asyncio.sleep(0.5)
    print(library, "j waiting call, RSS bytes", f"{(resident_bytes() - before) / HELD:.0f}", sep="\t", flush=True)
    os._exit(len(tasks) - HELD)  # at once: nobody waits for the sleepers


def main():
    exponential = tenacity.wait_exponential_jitter(initial=1, max=32)
    retrying = tenacity.Retrying(stop=tenacity.stop_after_attempt(5), wait=exponential)
    at_once = tenacity.Retrying(stop=tenacity.stop_after_attempt(5), wait=tenacity.wait_none())
    breaker = pybreaker.CircuitBreaker(fail_max=3, reset_timeout=60)
    opened = pybreaker.CircuitBreaker(fail_max=3, reset_timeout=3600)
    opened.open()

    def rejected():
        try:
            opened.call(operation)
        except pybreaker.CircuitBreakerError:
            return
        raise AssertionError("not rejected")

    def both():
        retrying(breaker.call, operation)

    measure("python", "bare", operation)
    measure("tenacity", "b retry", lambda: retrying(operation))
    measure("pybreaker", "breaker alone", lambda: breaker.call(operation))
    measure("tenacity+pybreaker", "c breaker+retry", both)
    measure("tenacity", "f fails twice", lambda: at_once(fails_twice))
    measure("pybreaker", "g open breaker", rejected)
    measure_shared("tenacity+pybreaker", both)


if len(sys.argv) > 1:
    asyncio.run(hold(sys.argv[2]))
else:
    main()
