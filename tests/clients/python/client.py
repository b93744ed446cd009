# SPDX-License-Identifier: BSL-1.0
"""Runs cases through google-genai: one JSON line a case on stdin, one JSON line an outcome on stdout. Many of them at once."""
import base64
import concurrent.futures
import json
import logging
import sys
import threading
import time
import warnings

from google import genai
from google.genai import types

printing = threading.Lock()


def retry_options(case):
    return types.HttpRetryOptions() if case["retries"] == "on" else None


def observe(seen, response):
    """What a program reads of an answer, or of one piece of a stream."""
    if response.prompt_feedback and response.prompt_feedback.block_reason:
        seen["block"] = response.prompt_feedback.block_reason.value
    if response.candidates and response.candidates[0].finish_reason:
        seen["finish"] = response.candidates[0].finish_reason.value
    for part in response.parts or []:
        if part.thought:
            continue
        if part.text:
            seen["text"] += part.text
        if part.inline_data and part.inline_data.data:
            seen["image"] = base64.b64encode(part.inline_data.data).decode()


def call(case, seen):
    options = types.HttpOptions(base_url=case["base_url"], timeout=case["timeout_ms"], retry_options=retry_options(case))
    with genai.Client(api_key=case["key"], http_options=options) as client:
        config = types.GenerateContentConfig(response_modalities=["TEXT", "IMAGE"])
        if case["call"] == "generate":
            observe(seen, client.models.generate_content(model=case["model"], contents=case["prompt"], config=config))
        elif case["call"] == "stream":
            for piece in client.models.generate_content_stream(model=case["model"], contents=case["prompt"], config=config):
                seen["pieces"] += 1
                observe(seen, piece)
        elif case["call"] == "count_tokens":
            seen["tokens"] = client.models.count_tokens(model=case["model"], contents=case["prompt"]).total_tokens
        elif case["call"] == "list":
            seen["models"] = [model.name for model in client.models.list(config={"page_size": 2})]


def run(case):
    seen = {"id": case["id"], "outcome": "ok", "code": None, "status": None, "message": None, "text": "", "image": None,
            "finish": None, "block": None, "pieces": 0}
    begun = time.monotonic()
    try:
        call(case, seen)
    except Exception as error:
        seen["outcome"] = type(error).__name__
        seen["code"] = getattr(error, "code", None)
        seen["status"] = getattr(error, "status", None)
        seen["message"] = error.message if isinstance(error, genai.errors.APIError) else str(error)
    seen["seconds"] = time.monotonic() - begun
    with printing:
        print(json.dumps(seen), flush=True)


warnings.simplefilter("ignore")  # an unknown finish reason warns
logging.disable(logging.CRITICAL)
cases = [json.loads(line) for line in sys.stdin]
with concurrent.futures.ThreadPoolExecutor(48) as pool:
    list(pool.map(run, cases))
