# SPDX-License-Identifier: BSL-1.0
"""What each client does by itself when the service fails: counted by the mock's journal, judged by the mock's verdict."""
import concurrent.futures
import contextlib
import dataclasses
import json
import os
import subprocess
import tempfile

import mock
import sdks

model = "gemini-3-pro-image"
prompt = "a lighthouse at dusk"
patience_s = 300.0
ductile_time_scale = 60


@dataclasses.dataclass(frozen=True)
class Failure:
    title: str
    episode: dict
    call: str = "generate"


FAILURES = [
    Failure("429, images per minute: hint 31 s, and well from then on", {"answer": "ipm", "until_s": 31}),
    Failure("429, the day is spent: hint 36 s, which is a lie", {"answer": "rpd-paid"}),
    Failure("503 three times, then well", {"answer": "overloaded", "calls": 3}),
    Failure("500 twice, then well", {"answer": "internal", "calls": 2}),
    Failure("504 twice, then well", {"answer": "deadline-504", "calls": 2}),
    Failure("The connection is reset twice, then well", {"answer": "reset-before-headers", "calls": 2}),
    Failure("The body is cut twice, then well", {"answer": "wrong-content-length", "calls": 2}),
    Failure("15 s of silence and a closed connection, once, then well", {"answer": "client-deadline", "latency_s": 15, "calls": 1}),
    Failure("The picture is withheld (IMAGE_SAFETY)", {"answer": "image-safety-text"}),
    Failure("The prompt is blocked (PROHIBITED_CONTENT)", {"answer": "prompt-blocked-prohibited"}),
    Failure("200 with words and no image", {"answer": "text-only-stop"}),
    Failure("A stream ends early, without a finish reason, twice, then well", {"answer": "sse-no-finish", "calls": 2}, "stream"),
]

CLIENTS = [(sdk, retries) for sdk in ("python", "javascript", "go") for retries in ("default", "on")] + [("java", "default")]


@dataclasses.dataclass(frozen=True)
class Score:
    requests: int
    waits: list
    findings: dict
    got: str
    seconds: float


def seen_by(service, got, seconds):
    """The mock's own account: how many requests, how long the client waited before each but the first, and what it holds against it."""
    entries = service.page("requests")["requests"]
    waits = [later["unix_s"] - before["unix_s"] - before["latency_s"] for before, later in zip(entries, entries[1:])]
    findings = {finding["name"]: finding["count"] for finding in service.page("verdict")["findings"]}
    return Score(len(entries), waits, findings, got, seconds)


def got(outcome):
    if outcome["outcome"] == "still waiting":
        return "nothing: still waiting"
    if outcome["outcome"] != "ok":
        code = outcome.get("code")
        return f"`{outcome['outcome']}`" + (f" {code}" if code else "")
    if outcome.get("image"):
        return "an image"
    reason = outcome.get("block") or outcome.get("finish")
    return "no exception, no image" + (f" ({reason})" if reason else "")


def services(program, stack, *flags):
    running = [stack.enter_context(mock.Mock(program, *flags)) for _ in FAILURES]
    for failure, service in zip(FAILURES, running):
        service.set("scenario", {"name": "calm", "episodes": [failure.episode]})
    return running


def score_sdk(program, command, retries):
    with contextlib.ExitStack() as stack:
        running = services(program, stack)
        cases = [{"id": failure.title, "base_url": service.url, "key": "a-plain-key", "model": model, "call": failure.call, "prompt": prompt,
                  "timeout_ms": None, "retries": retries} for failure, service in zip(FAILURES, running)]
        outcomes = sdks.run(command, cases, patience_s)
        return [seen_by(service, got(outcomes[failure.title]), outcomes[failure.title]["seconds"])
                for failure, service in zip(FAILURES, running)]


def score_ductile(program):
    """`ductile imagine` with one target and its defaults; it joins the mock's time, which runs faster."""
    scores = []
    with contextlib.ExitStack() as stack:
        running = services(program, stack, "--time-scale", str(ductile_time_scale))
        for failure, service in zip(FAILURES, running):
            service.set("scenario", {"name": "calm", "episodes": [failure.episode]})  # from this moment on
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            flags = ["--base-url", service.url, "--time-scale", str(ductile_time_scale), "--target", f"only={model}", "--json", "-o", folder]
            environment = os.environ | {"GOOGLE_API_KEY": "a-plain-key"}
            finished = subprocess.run([program, "imagine", *flags, prompt], stdout=subprocess.PIPE, text=True, env=environment)
            job, summary = map(json.loads, finished.stdout.splitlines())
            won = "an image" if job["outcome"] == "ok" else f"an error that says `{job['failure']}`, {job['kind']}"
            scores.append(seen_by(service, won, summary["summary"]["took_ms"] / 1000))
    return scores


def text_of(score):
    waits = " ".join(f"{wait:.1f}" for wait in score.waits) or "-"
    findings = ", ".join(f"{name} {count}" for name, count in score.findings.items()) or "clean"
    return f"{score.requests} | {waits} | {findings} | {score.got} | {score.seconds:.1f}"


def play(program, commands):
    """All clients at once; returns the scoreboard as Markdown."""
    with concurrent.futures.ThreadPoolExecutor(len(CLIENTS)) as pool:
        waiting = [pool.submit(score_sdk, program, commands[sdk], retries) for sdk, retries in CLIENTS]
        rows = {}
        for (sdk, retries), scores in zip(CLIENTS, waiting):
            rows[sdks.NAMES[sdk] + (", retry option set" if retries == "on" else "")] = scores.result()
    rows["`ductile imagine`"] = score_ductile(program)
    lines = []
    for at, failure in enumerate(FAILURES):
        lines += [f"### {failure.title}", "", "| client | requests | waits, s | the mock's verdict | the program got | after, s |",
                  "|---|---|---|---|---|---|"]
        lines += [f"| {name} | {text_of(scores[at])} |" for name, scores in rows.items()] + [""]
    return "\n".join(lines)
