# SPDX-License-Identifier: BSL-1.0
"""`ductile mock` as a process, its own pages, and its answers as they are before an SDK has seen them."""
import dataclasses
import http.client
import json
import subprocess
import urllib.parse


@dataclasses.dataclass(frozen=True)
class Answer:
    status: int
    reason: str
    content_type: str
    body: str


class Mock:
    def __init__(self, program, *flags):
        self.process = subprocess.Popen([program, "mock", "--port", "0", *flags], stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().rsplit(" ", 1)[-1].strip()
        self.address = urllib.parse.urlsplit(self.url).netloc

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection(self.address, timeout=20)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            text = response.read().decode("utf-8")
            return response.getheader("Location"), Answer(response.status, response.reason, response.getheader("Content-Type"), text)
        finally:
            connection.close()

    def page(self, name):
        return json.loads(self.ask("GET", f"/_ductile/{name}")[1].body)

    def set(self, name, body=None):
        text = "" if body is None else json.dumps(body)
        _, answer = self.ask("POST", f"/_ductile/{name}", text, {"Content-Type": "application/json"})
        if answer.status != 200:
            raise RuntimeError(f"the mock refuses {name}: {answer.body}")

    def row(self, row, call, version, model, prompt):
        """The answer to a request for that row of the catalogue; a redirect is followed as HTTP clients do."""
        method = "streamGenerateContent?alt=sse" if call == "stream" else "generateContent"
        body = {"contents": [{"role": "user", "parts": [{"text": prompt}]}], "generationConfig": {"responseModalities": ["TEXT", "IMAGE"]}}
        headers = {"Content-Type": "application/json", "x-goog-api-key": f"scenario-{row}"}
        location, answer = self.ask("POST", f"/{version}/models/{model}:{method}", json.dumps(body), headers)
        return self.ask("GET", location, None, headers)[1] if answer.status in (301, 302, 303) else answer
