# SPDX-License-Identifier: BSL-1.0
"""Every row of the catalogue through every SDK, in one piece and as a stream; what the program gets is what the SDK makes of that body."""
import base64
import http.client
import json
import pathlib
import re
import struct
import zlib

import expectations
import sdks

model = "gemini-3-pro-image"
prompt = "a lighthouse at dusk"
patience_s = 240.0
timeout_ms = 12_000  # the service refuses less than 10 s

# What happens before there is a server: a name that does not resolve, a port where nothing listens.
elsewhere = {"dns-failure": "http://service.invalid", "connect-refused": "http://127.0.0.1:1"}
table = json.loads((pathlib.Path(__file__).parent / "expected.json").read_text())


def png_problem(image):
    """Why this is no picture; none if it is one: signature, check sums, and as many pixels as it says."""
    if not image.startswith(b"\x89PNG\r\n\x1a\n"):
        return "it does not begin as a PNG"
    at, data, size = 8, b"", None
    while at < len(image):
        length, kind = struct.unpack(">I4s", image[at : at + 8])
        body = image[at + 8 : at + 8 + length]
        if zlib.crc32(kind + body) != struct.unpack(">I", image[at + 8 + length : at + 12 + length])[0]:
            return f"the check sum of {kind.decode()} is wrong"
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack(">IIBB", body[:10])
            size = height * (1 + width * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour] * depth // 8)
        data += body if kind == b"IDAT" else b""
        at += 12 + length
        if kind == b"IEND":
            return None if len(zlib.decompress(data)) == size else "it holds too few pixels"
    return "it has no end"


def said(value):
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) < 160 else text[:150] + f"... ({len(text)} characters)"


def timeless(value):
    """Without the moments that some errors name; the mock's clock runs between two requests."""
    if isinstance(value, tuple):
        return tuple(map(timeless, value))
    text = value if isinstance(value, str) else json.dumps(value)
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "then", text)
    return text if isinstance(value, str) else json.loads(text)


def same_message(expected, seen):
    expected, seen = timeless(expected), timeless(seen)
    if expected is None or isinstance(expected, str):
        return expected == seen
    if isinstance(expected, tuple):  # words, then JSON
        return seen is not None and seen.startswith(expected[0]) and expectations.parsed(seen[len(expected[0]) :]) == expected[1]
    return expectations.parsed(seen or "") == expected  # JSON, however it is spaced


def differences(expected, seen):
    if seen["outcome"] == "still waiting" and expected.get("outcome") != "still waiting":
        yield f"it is still waiting after {seen['seconds']:.0f} s"
        return
    for name, value in expected.items():
        got = seen.get(name)
        if name == "because":
            continue
        if name == "message_like":
            if not re.fullmatch(value, seen.get("message") or "", re.DOTALL):
                yield f"message is {said(seen.get('message'))}, not like {value}"
        elif name == "message":
            if not same_message(value, got):
                yield f"message is {said(got)}, not {said(value)}"
        elif name == "has_image":
            if bool(seen.get("image")) != value:
                yield f"there is {'no' if value else 'an'} image"
        elif name == "one_of":
            if not any(not list(differences(choice, seen)) for choice in value):
                yield f"{said(seen)} is none of {said(value)}"
        elif name == "image":
            if (got and base64.b64decode(got)) != (value and base64.b64decode(value)):
                yield "the image differs from the one in the body" if got and value else f"there is {'an' if got else 'no'} image"
        elif got != value:
            yield f"{name} is {said(got)}, not {said(value)}"


def in_table(row, call, sdk):
    entry = table.get(row, {})
    by_call = entry.get(call, entry.get("any", {}))
    return by_call.get(sdk, by_call.get("every"))


def good_day(sdk, mock):
    """Counting and listing have answers of their own, and the picture must be a picture."""
    ask = {"base_url": mock.url, "model": model, "prompt": prompt, "timeout_ms": None, "retries": "default"}
    cases = [ask | {"id": f"{key}/{call}", "key": key, "call": call} for key in ("scenario-ok-image", "a-plain-key")
             for call in ("generate", "stream", "count_tokens", "list")]
    return cases


def models_of(mock):
    return [entry["name"] for entry in json.loads(mock.ask("GET", "/v1/models?pageSize=1000&key=a-plain-key")[1].body)["models"]]


def check(sdk, command, mock, rows, report):
    """One SDK; `report(name, problems)` is told of each case. Returns the HTTP statuses that the rows have."""
    rules = expectations.SDKS[sdk]
    good = good_day(sdk, mock)
    base = {"base_url": mock.url, "model": model, "prompt": prompt, "timeout_ms": timeout_ms, "retries": "off"}
    cases = [base | {"id": f"{row}/{call}", "base_url": elsewhere.get(row, mock.url), "key": f"scenario-{row}", "call": call}
             for row in rows for call in ("generate", "stream")]
    for case in cases:  # as many bytes take as long as the machine lets them
        if case["key"] == "scenario-ok-image-30-mb":
            case["timeout_ms"] = None
    endless = {case["id"] for case in cases
               if (in_table(*case["id"].split("/"), sdk) or {}).get("outcome") == "still waiting"}
    seen = sdks.run(command, good + cases, patience_s, endless)

    listed = models_of(mock)
    for case in good:
        outcome = seen[case["id"]]
        problems = list(differences({"outcome": "ok"}, outcome))
        if case["call"] in ("generate", "stream"):
            problem = png_problem(base64.b64decode(outcome["image"])) if outcome.get("image") else "there is none"
            problems += [f"image: {problem}"] if problem else []
            problems += list(differences({"finish": "STOP", "block": None}, outcome))
        elif case["call"] == "count_tokens":
            problems += [] if (outcome.get("tokens") or 0) > 0 else ["no tokens were counted"]
        else:
            problems += list(differences({"models": listed}, outcome))
        report(f"{sdk} {case['id']}", problems)
    statuses = set()
    for case in cases:
        row, call = case["id"].split("/")
        try:
            expected = in_table(row, call, sdk)
            if expected is None:
                answer = mock.row(row, call, rules.version, model, prompt)
                statuses.add(answer.status)
                expected = rules.expect(call, answer)
        except (ValueError, OSError, http.client.HTTPException) as error:
            shown = {name: said(value) for name, value in seen[case["id"]].items() if value}
            report(f"{sdk} {case['id']}", [f"expected.json does not say what comes of it, and no body does ({error}); seen: {shown}"])
            continue
        report(f"{sdk} {case['id']}", list(differences(expected, seen[case["id"]])))
    return sorted(statuses)
