"""``/console/``: one page, whose scripts show what its address names, and the files that it loads.

It is open, as nothing in it is secret: what it shows it asks ``/v1`` for, with the key of the person who looks.
Bodies of deliveries come from strangers, so the browser is told to run nothing but these files, and to take no text for
HTML (https://www.w3.org/TR/CSP3/, https://www.w3.org/TR/trusted-types/).
"""

from __future__ import annotations

from functools import cache

from fastapi import APIRouter, Request, Response

from verihook.console.assets import FOLDER, assets
from verihook.errors import PathNotFound

_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    ]
)

#: Of every answer.
SAFE = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
}

#: The address of a file has the hash of all of them in it, so no file ever changes.
_FOREVER = "public, max-age=31536000, immutable"

#: Most segments that a page's path has: ``instances/ID/events``. The page finds its files relative to its own address.
_DEEPEST = 4


def router() -> APIRouter:
    """Return the routes of the console. They are no operations of the API, so OpenAPI leaves them out."""
    routes = APIRouter(include_in_schema=False)
    # HEAD is what tools ask with that look whether a link leads anywhere.
    routes.add_api_route("/console", _to_first_page, methods=["GET", "HEAD"])
    routes.add_api_route("/console/assets/{digest}/{name:path}", _get_asset, methods=["GET", "HEAD"])
    routes.add_api_route("/console/{page:path}", _get_page, methods=["GET", "HEAD"])
    return routes


async def _to_first_page() -> Response:
    # Relative: a base path may stand before ours.
    return Response(status_code=307, headers={**SAFE, "location": "console/", "cache-control": "no-cache"})


async def _get_page(request: Request, page: str) -> Response:
    """The page, whatever it will show: that is decided by its scripts, which read the address."""
    # As it was sent: a slash within a segment would be decoded here, and the page's own files not be found.
    raw = request.scope.get("raw_path", request.scope["path"].encode()).partition(b"?")[0]
    depth = page.count("/")
    if depth >= _DEEPEST or b"%2f" in raw.lower() or page.startswith("assets/"):
        raise PathNotFound("Nothing is served at this path.")
    files = assets()
    text = _page().replace("{assets}", f"{'../' * depth}assets/{files.digest}")
    headers = {**SAFE, "cache-control": "no-cache"}
    return Response(text, 200, headers, "text/html; charset=utf-8")


async def _get_asset(request: Request, digest: str, name: str) -> Response:
    files = assets()
    # Of another version, another hash: a page that was loaded before an update is asked to load again.
    if digest != files.digest or name not in files.files:
        raise PathNotFound("Nothing is served at this path.")
    asset = files.files[name]
    headers = {**SAFE, "cache-control": _FOREVER, "vary": "accept-encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(asset.compressed, 200, {**headers, "content-encoding": "gzip"}, asset.content_type)
    return Response(asset.plain, 200, headers, asset.content_type)


@cache
def _page() -> str:
    return (FOLDER / "index.html").read_text("utf-8")
