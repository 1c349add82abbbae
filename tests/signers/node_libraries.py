"""Official libraries of Node, in one process that is asked line by line (node/sign.mjs).

Installed by ``make signers`` into .tools/signers. Without node or them the tests are skipped; with CI set they fail.
"""

from __future__ import annotations

import atexit
import base64
import hashlib
import hmac
import json
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

import pytest

from tests.signers.library import URL, Headers, Library, Sign

TOOLS = Path(__file__).parents[2] / ".tools" / "signers"
SCRIPT = Path(__file__).parent / "node" / "sign.mjs"


class NodeRefusal(Exception):
    """The library threw; every one of these does so to refuse."""


@cache
def _process() -> subprocess.Popen[str]:
    node = shutil.which("node")
    if node is None:
        _absent("node is not installed")
    if not (TOOLS / ".installed").exists():
        _absent("the libraries are not installed: make signers")
    # A module finds its imports beside itself.
    script = shutil.copy(SCRIPT, TOOLS / SCRIPT.name)
    process = subprocess.Popen(
        [node, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    atexit.register(process.kill)
    return process


def _ask(library: str, action: str, secret: str, headers: Headers, body: bytes) -> dict[str, Any]:
    process = _process()
    assert process.stdin is not None
    assert process.stdout is not None
    asked = {"library": library, "action": action, "secret": secret, "url": URL, "headers": headers}
    process.stdin.write(json.dumps({**asked, "body": base64.b64encode(body).decode()}) + "\n")
    process.stdin.flush()
    answer: dict[str, Any] = json.loads(process.stdout.readline())
    if "error" in answer:
        raise NodeRefusal(answer["error"])
    return answer


def _absent(reason: str) -> NoReturn:
    text = f"libraries of Node: {reason}"
    if os.environ.get("CI"):
        pytest.fail(text)
    pytest.skip(text)


def _library(name: str, sender: str, secret: str, header: str, *, sign: Sign | None = None, **rest: Any) -> Library:
    def accepts(headers: Headers, body: bytes) -> bool:
        return bool(_ask(name, "verify", secret, {**rest.get("with_headers", {}), **headers}, body)["accepted"])

    return Library(name, sender, secret, header, sign, accepts, refusals=(NodeRefusal,), timed=bool(rest.get("timed")))


def _octokit_sign(body: bytes, at: int, secret: str) -> Headers:
    return {"x-hub-signature-256": _ask("octokit", "sign", secret, {}, body)["signature"]}


def _linear_sign(body: bytes, at: int, secret: str) -> Headers:
    # The library only verifies; ours would put its own time into the body.
    return {"linear-signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


#: What Shopify's library wants to see besides the signature.
_SHOPIFY = {
    "x-shopify-topic": "orders/create",
    "x-shopify-shop-domain": "shop.myshopify.com",
    "x-shopify-api-version": "2025-10",
    "x-shopify-webhook-id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
}

NODE = [
    _library("octokit", "github", "It's a Secret to Everybody", "x-hub-signature-256", sign=_octokit_sign),
    _library("shopify", "shopify", "shpss_hush", "x-shopify-hmac-sha256", with_headers=_SHOPIFY),
    _library("square", "square", "asdf1234", "x-square-hmacsha256-signature"),
    _library("linear", "linear", "lin_wh_1", "linear-signature", sign=_linear_sign, timed=True),
]
