"""``GET /docs``: the OpenAPI document in a browser. Everything that the page loads comes from this package.

People type API keys into it, so its Content-Security-Policy allows no other scripts than the files in ``assets/``,
whose README says where they come from. The page uses relative URLs, because it may be served below a base path.
https://www.w3.org/TR/CSP3/
"""

from __future__ import annotations

import gzip
from functools import cache
from hashlib import sha256
from pathlib import Path

from fastapi import Request, Response

from verihook.api.operation import Api, operation
from verihook.errors import PathNotFound
from verihook.webhooks.welcome import SAFE

_FOLDER = Path(__file__).parents[1] / "assets"

#: Swagger UI shows its icons from data: URLs of its style sheet, and styles its elements by script, never by attribute.
_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)

#: The files that the page loads, with their content types.
ASSETS = {
    "docs.js": "text/javascript; charset=utf-8",
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "swagger-ui.css": "text/css; charset=utf-8",
}


@operation("pages", "The API in a browser", {}, any_query=True, include_in_schema=False)
async def get_page(_: Api) -> Response:
    """The page. OpenAPI leaves it and its files out: they are not operations of the API."""
    content_type = "text/html; charset=utf-8"
    return Response(_read("docs.html"), 200, {**SAFE, "content-security-policy": _POLICY}, content_type)


@operation("pages", "A file of the page", {}, any_query=True, include_in_schema=False)
async def get_asset(_: Api, asset: str, request: Request) -> Response:
    """One of :data:`ASSETS`."""
    if asset not in ASSETS:
        raise PathNotFound("Nothing is served at this path.")
    return _file(asset, request)


def _file(name: str, request: Request) -> Response:
    """Return the file, compressed if the client accepts that. Browsers keep it, and ask each time if it changed."""
    compressed = _compressed(name)
    headers = {**SAFE, "cache-control": "no-cache", "vary": "accept-encoding", "etag": f'"{_digest(name)}"'}
    if request.headers.get("if-none-match") == headers["etag"]:
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(compressed, 200, {**headers, "content-encoding": "gzip"}, ASSETS[name])
    return Response(_plain(name), 200, headers, ASSETS[name])


@cache
def _plain(name: str) -> bytes:
    # Cached: decompressing blocks the event loop.
    return gzip.decompress(_compressed(name))


@cache
def _compressed(name: str) -> bytes:
    stored = _FOLDER / f"{name}.gz"
    return stored.read_bytes() if stored.exists() else gzip.compress(_read(name), mtime=0)


@cache
def _digest(name: str) -> str:
    return sha256(_compressed(name)).hexdigest()[:32]


@cache
def _read(name: str) -> bytes:
    return (_FOLDER / name).read_bytes()
