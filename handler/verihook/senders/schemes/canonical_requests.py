"""The canonical request of Atlassian Connect, whose hash is the claim ``qsh`` of its tokens.

https://developer.atlassian.com/cloud/jira/platform/understanding-jwt-for-connect-apps/
"""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from verihook.errors import SignatureError
from verihook.request import Request
from verihook.senders.form import form_fields
from verihook.senders.schemes import Setting
from verihook.senders.schemes.url import Urls, registered_url

#: More parameters than this in a query are refused.
MOST = 1000


def canonical_requests(setting: Setting) -> Urls:
    """Return what makes the canonical request of a delivery. Raises ValueError ``KEY: mend``.

    The path is that of the source's ``public_url`` below ``parameters.base_url``, the app's (by default its host).
    """
    path, base = (urlsplit(url).path for url in (registered_url(setting.public_url), _base_url(setting)))
    if base.rstrip("/") and not path.startswith(f"{base.rstrip('/')}/"):
        raise ValueError(
            "parameters.base_url: must be the beginning of public_url, such as https://app.example.com/jira"
        )
    path = "/" + path.removeprefix(base.rstrip("/")).strip("/").replace("&", "%26")
    return lambda request: (f"{request.method.upper()}&{path}&{canonical_query(request)}",)


def canonical_query(request: Request) -> str:
    """Return the parameters in the order of their names, the values of one name joined. Raises SignatureError.

    The token itself, ``jwt``, is not among them.
    """
    values: dict[str, list[str]] = {}
    try:
        for name, value in form_fields(request.query, MOST):
            if name != "jwt":
                values.setdefault(name, []).append(value)
    except UnicodeDecodeError:
        # No sender has signed it.
        raise SignatureError("url-hash-mismatch") from None
    except ValueError:
        raise SignatureError("too-many-form-fields") from None
    # In the order of UTF-16, as JavaScript and Java have it.
    names = sorted(values, key=_utf16)
    return "&".join(f"{_escaped(name)}={','.join(map(_escaped, sorted(values[name], key=_utf16)))}" for name in names)


def _base_url(setting: Setting) -> str:
    given = setting.parameters.get("base_url", "")
    if given and not setting.public_url.startswith(given):
        raise ValueError(
            "parameters.base_url: must be the beginning of public_url, such as https://app.example.com/jira"
        )
    return given


def _utf16(text: str) -> bytes:
    return text.encode("utf-16-be", "surrogatepass")


def _escaped(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="-._~")
