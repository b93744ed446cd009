# SPDX-License-Identifier: BSL-1.0
"""What each SDK makes of an answer: its own code, said again in a few lines, and applied to the body that the mock has really sent.

Nothing here was recorded. Where the bytes decide and no body does (resets, silence, broken JSON), expected.json holds the table: its words
were seen first, and then looked up in the SDK and in the HTTP client and JSON reader below it; `because` says what was found there.
"""
import json


def parsed(text):
    try:
        return json.loads(text)
    except ValueError:
        return None


def pieces_of(body):
    """The events of a stream; what stands without `data:` is marked as raw."""
    for event in body.replace("\r\n", "\n").split("\n\n"):
        if event.strip():
            yield (event.startswith("data:"), parsed(event.removeprefix("data:").strip()))


def member(body, *names):
    for name in names:
        body = body.get(name) if isinstance(body, dict) else None
    return body


class Sdk:
    """What holds of all: an answer is read part by part, and an error ends the reading."""

    version = "v1"  # google-genai 3, @google/genai 3 and com.google.genai 2 ask for v1, the Go module for v1beta

    def expect(self, call, answer):
        seen = {"outcome": "ok", "code": None, "status": None, "message": None, "text": "", "image": None, "finish": None, "block": None}
        if not self.success(answer.status):
            return seen | self.refused(answer)
        if call != "stream":
            return seen | self.read(seen, json.loads(answer.body))
        for is_event, piece in pieces_of(answer.body):
            if not isinstance(piece, dict):
                raise ValueError("this is no stream of events")
            if "error" in piece:
                ended = self.error_in_stream(is_event, piece)
                return seen if ended is None else seen | ended
            seen |= self.read(seen, piece)
            if seen["outcome"] != "ok":
                break
        return seen

    def success(self, status):
        return 200 <= status < 300

    def read(self, before, body):
        seen = dict(before)
        seen["block"] = member(body, "promptFeedback", "blockReason") or seen["block"]
        candidate = (body.get("candidates") or [{}])[0]
        seen["finish"] = candidate.get("finishReason") or seen["finish"]
        for part in member(candidate, "content", "parts") or []:
            if part.get("thought"):
                continue
            seen["text"] += part.get("text", "")
            if member(part, "inlineData", "data"):
                seen["image"] = part["inlineData"]["data"]
        return seen


class Python(Sdk):
    """errors.py: APIError.raise_for_response and its _get_status, _get_message; _api_client.py: request_streamed."""

    def success(self, status):
        return status == 200

    def raised(self, code, body):
        if isinstance(body, list) and len(body) == 1:
            body = body[0]
        said = {"status": None, "message": None}
        if isinstance(body, dict):
            error = body.get("error", {})
            for name in said:
                # A member of the body outranks one of its error; an error that is no object has none.
                said[name] = body.get(name, error.get(name) if isinstance(error, dict) else None)
        kind = "ClientError" if 400 <= code < 500 else "ServerError" if 500 <= code < 600 else "APIError"
        return {"outcome": kind, "code": code} | said

    def refused(self, answer):
        body = parsed(answer.body)
        if body is None:
            body = {"message": answer.body, "status": answer.reason}
        return self.raised(answer.status, body)

    def error_in_stream(self, is_event, piece):
        return self.raised(piece["error"]["code"], piece)


class JavaScript(Sdk):
    """dist/node/index.mjs: throwErrorIfNotOK, throwIfStreamErrorChunk. There is no status but the number, and the message is JSON."""

    def refused(self, answer):
        if "application/json" in answer.content_type:
            body = json.loads(answer.body)
        else:
            body = {"error": {"message": answer.body, "code": answer.status, "status": answer.reason}}
        return {"outcome": "ApiError", "code": answer.status, "message": body}

    def error_in_stream(self, is_event, piece):
        if not is_event:
            return None
        error = piece["error"]
        return {"outcome": "ApiError", "code": error["code"], "message": (f"got status: {error['status']}. ", piece)}


class Go(Sdk):
    """api_client.go: newAPIError, iterateResponseStream. The code is the body's own; what does not fit the struct is one raw message."""

    version = "v1beta"

    def refused(self, answer):
        raw = {"outcome": "APIError", "code": answer.status, "status": f"{answer.status} {answer.reason}", "message": answer.body}
        error = member(parsed(answer.body), "error")
        if not isinstance(error, dict):
            return raw
        fields = {"code": (int, 0), "message": (str, ""), "status": (str, ""), "details": (list, [])}
        if any(not isinstance(error.get(name, default), kind) for name, (kind, default) in fields.items()):
            return raw
        if any(not isinstance(detail, dict) for detail in error.get("details", [])):
            return raw
        return {"outcome": "APIError", **{name: error.get(name, fields[name][1]) for name in ("code", "status", "message")}}

    def error_in_stream(self, is_event, piece):
        return {"outcome": "APIError", **{name: piece["error"][name] for name in ("code", "status", "message")}}


class Java(Sdk):
    """errors/ApiException: throwFromResponse; types/GenerateContentResponse: parts, checkFinishReason; ResponseStream: readNextJson."""

    # FinishReason.Known less those of EXPECTED_FINISH_REASONS. What Known does not have counts as unspecified, and raises nothing.
    raising = {"SAFETY", "RECITATION", "LANGUAGE", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "MALFORMED_FUNCTION_CALL", "NO_IMAGE",
               "IMAGE_SAFETY", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "IMAGE_OTHER",
               "MALFORMED_RESPONSE"}

    def raised(self, code, status, message):
        kind = "ClientException" if 400 <= code < 500 else "ServerException" if 500 <= code < 600 else "ApiException"
        return {"outcome": kind, "code": code, "status": status, "message": message}

    def refused(self, answer):
        error = member(parsed(answer.body), "error")
        if not isinstance(error, dict):  # text and pages are lost
            return self.raised(answer.status, answer.reason, "")
        message = error.get("message") if isinstance(error.get("message"), str) else ""
        status = error.get("status") if isinstance(error.get("status"), str) and error["status"] else answer.reason
        details = []
        for item in error["details"] if isinstance(error.get("details"), list) else []:
            text = item["detail"] if isinstance(item, dict) and isinstance(item.get("detail"), str) else None
            details.append(text or json.dumps(item, ensure_ascii=False, separators=(",", ":")))
        if details:
            listed = "Details: " + "\n".join(details).strip()
            message = f"{message}\n{listed}" if message else listed
        return self.raised(answer.status, status, message)

    def error_in_stream(self, is_event, piece):
        if not is_event:  # lines that do not begin with `data:` are passed over
            return None
        return self.raised(*(piece["error"][name] for name in ("code", "status", "message")))

    def read(self, before, body):
        candidate = (body.get("candidates") or [{}])[0]
        if candidate.get("content", {}).get("parts", []) is None:  # an Optional of Jackson's takes no null
            return before | {"outcome": "GenAiIOException", "message": "Failed to deserialize the JSON node."}
        seen = super().read(before, body)
        heard = before | {name: seen[name] for name in ("finish", "block")}
        if body.get("candidates") == []:  # finishReason() takes the first of none
            return heard | {"outcome": "IndexOutOfBoundsException", "message": "Index 0 out of bounds for length 0"}
        finish = candidate.get("finishReason")
        if finish not in self.raising:
            return seen
        return heard | {"outcome": "IllegalArgumentException", "message": f"The response finished unexpectedly with reason {finish}."}


SDKS = {"python": Python(), "javascript": JavaScript(), "go": Go(), "java": Java()}

