"""Single values of a query or a form, read before the delivery is known to be genuine: bounded, never chosen from."""

from __future__ import annotations

from urllib.parse import quote

from verihook.errors import SignatureError, VerihookError
from verihook.records import replace
from verihook.request import FORM, Request, media_type
from verihook.senders.form import form_fields
from verihook.senders.multipart import MULTIPART, header_parameter, read_texts

#: More fields than this are refused.
MAX_FIELDS = 1000


def query_value(request: Request, name: str) -> str:
    """The one value of a query parameter. Raises SignatureError."""
    return _lone(request.query, name, "query")


def form_value(request: Request, name: str) -> str:
    """The one value of a field of a body that is a form, URL-encoded or multipart. Raises SignatureError."""
    kind = request.header("content-type")
    if media_type(kind) == MULTIPART:
        return _of_parts(request.body, kind, name)
    try:
        return _lone(request.body.decode(), name, "form")
    except UnicodeDecodeError:
        raise SignatureError("malformed-form") from None


def with_field(text: str, name: str, value: str) -> str:
    """Return the query or form with the field at its end; one of this name that is there goes."""
    kept = [field for field in text.split("&") if field and field.partition("=")[0] != name]
    return "&".join([*kept, f"{name}={quote(value, safe='')}"])


def with_form(request: Request) -> Request:
    """Return the request with the media type of a form."""
    kept = [pair for pair in request.headers if pair[0] != "content-type"]
    return replace(request, headers=(*kept, ("content-type", FORM)))


def _of_parts(body: bytes, kind: str | None, name: str) -> str:
    try:
        values = [value for key, value in read_texts(body, header_parameter(kind, "boundary")) if key == name]
    except VerihookError:
        raise SignatureError("malformed-form") from None
    return _one(values, name, "form")


def _lone(text: str, name: str, where: str) -> str:
    try:
        values = [value for key, value in form_fields(text, MAX_FIELDS) if key == name]
    except UnicodeDecodeError:
        raise SignatureError("malformed-form", f"the {where} is not UTF-8, percent-encoded") from None
    except ValueError:
        raise SignatureError("too-many-form-fields") from None
    return _one(values, name, where)


def _one(values: list[str], name: str, where: str) -> str:
    # A proxy and we might choose differently.
    if len(values) != 1:
        raise SignatureError("duplicate-field" if values else "missing-field", f"{name} in the {where}")
    return values[0]
