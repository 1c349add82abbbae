"""The page at ``/`` for a person with a browser: what this is, and where to go on. A program gets JSON there."""

from __future__ import annotations

import base64
import hashlib
from typing import Literal

from verihook.request import Reply, Request

#: What is at the address of the hooks beside them: nothing, the API, or the API with the console.
Beside = Literal["", "api", "console"]

#: Headers of everything that a browser shows: it must not guess the type, and not tell other sites the address.
SAFE = {"x-content-type-options": "nosniff", "referrer-policy": "no-referrer", "cache-control": "no-store"}

_STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem;color:#222}"
    "code{background:#f2f2f2;padding:.1em .3em}"
)

#: Nothing is loaded and no script runs. The style is in the page, and is allowed by its hash.
_POLICY = "; ".join(
    [
        "default-src 'none'",
        f"style-src 'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Verihook</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
<h1>Verihook</h1>
<p>This address turns signed webhooks into workflows. A sender posts to <code>hooks/NAME</code>, and gets an
<code>instanceId</code>; <code>?instanceId=ID</code> shows the status of that instance.</p>
{further}
<p>The guide is <code>README.md</code> of the project, and the pages in <code>docs/</code> beside it.</p>
</body>
</html>
"""

_API = """<ul>
<li><a href="{here}docs">The API</a>, to read and to try</li>
<li><a href="{here}v1/openapi.json">Its description</a> for programs (OpenAPI)</li>
<li><a href="{here}health">Health</a></li>
</ul>"""

_RECEIVER = """<p>Nothing else is here. The API and its pages are at another address: the output <code>ApiUrl</code> of
the stack.</p>"""


def is_for_a_browser(request: Request) -> bool:
    """Whether the caller accepts a page: a browser says so, a program does not."""
    return any("text/html" in value.lower() for value in request.values("accept"))


def welcome(base: str, beside: Beside) -> Reply:
    """The page, or the way to the console. ``base``: what was before the path; ``beside``: what is at this address."""
    # Without a base the path was "/", and a relative address is right even if a proxy removed a prefix before us.
    here = f"{base}/" if base else ""
    if beside == "console":
        return Reply(307, b"", {**SAFE, "location": f"{here}console/"})
    further = _API.format(here=here) if beside == "api" else _RECEIVER
    body = _PAGE.format(style=_STYLE, further=further).encode()
    return Reply(200, body, {**SAFE, "content-type": "text/html; charset=utf-8", "content-security-policy": _POLICY})
