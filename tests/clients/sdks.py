# SPDX-License-Identifier: BSL-1.0
"""The four SDKs: how each is installed below build/clients, and how its client program is started."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import threading
import time

here = pathlib.Path(__file__).resolve().parent
NAMES = {
    "python": "google-genai 3.6.1 (Python)",
    "javascript": "@google/genai 3.3.0 (JavaScript)",
    "go": "google.golang.org/genai 1.77.0 (Go)",
    "java": "com.google.genai 2.0.0 (Java)",
}


def done(command, folder):
    finished = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if finished.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} has failed:\n{finished.stdout[-3000:]}")
    return finished.stdout


def install(name, build):
    """Installs the SDK unless it stands there already in this very form; returns the command that starts the client program."""
    folder = build.resolve() / name
    shutil.copytree(here / name, folder, dirs_exist_ok=True)
    stamp = folder / "installed"
    manifest = b"".join(path.read_bytes() for path in sorted((here / name).rglob("*")) if path.is_file()).hex()
    fresh = stamp.exists() and stamp.read_text() == manifest
    if name == "python":
        python = folder / "venv" / "bin" / "python"
        if not fresh:
            done([sys.executable, "-m", "venv", "--clear", "venv"], folder)
            done([python, "-m", "pip", "install", "--quiet", "--no-deps", "-r", "requirements.txt"], folder)
            done([python, "-m", "pip", "check"], folder)
        command = [python, folder / "client.py"]
    elif name == "javascript":
        if not fresh:
            done(["npm", "ci", "--silent"], folder)
        command = ["node", folder / "client.mjs"]
    elif name == "go":
        if not fresh:
            done(["go", "build", "-mod=readonly", "-o", "client", "."], folder)
        command = [folder / "client"]
    else:
        if not fresh:
            goals = ["compile", "dependency:build-classpath", "-Dmdep.outputFile=classpath"]
            done(["mvn", "--quiet", "--batch-mode", *goals], folder)
        command = ["java", "-cp", f"{folder / 'target' / 'classes'}:{(folder / 'classpath').read_text().strip()}", "Client"]
    stamp.write_text(manifest)
    return command


def run(command, cases, patience, endless=frozenset()):
    """Runs the cases together; returns the outcomes by id. After `patience` seconds what is not back is `still waiting`; so it is when
    nothing but the `endless` has been out for 30 s."""
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    environment |= {"GOOGLE_API_KEY": "", "GEMINI_API_KEY": ""}
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
    outcomes = {}

    def read():
        for line in process.stdout:
            outcome = json.loads(line)
            outcomes[outcome["id"]] = outcome

    reader = threading.Thread(target=read)
    reader.start()
    process.stdin.write("".join(json.dumps(case) + "\n" for case in cases))
    process.stdin.close()
    begun = last = time.monotonic()
    while process.poll() is None and time.monotonic() - begun < patience:
        out = {case["id"] for case in cases} - outcomes.keys()
        if not out <= endless:
            last = time.monotonic()
        elif time.monotonic() - last > 30:
            break
        time.sleep(0.1)
    ended = process.poll()
    process.kill()
    reader.join()
    if ended:
        sys.exit(f"{command[0]} has ended with {ended}")
    for case in cases:
        waited = {"id": case["id"], "outcome": "still waiting", "seconds": time.monotonic() - begun}
        outcomes.setdefault(case["id"], waited)
    return outcomes
