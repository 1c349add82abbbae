"""The URL and the form of a delivery as Plivo signs them: names and values decoded, sorted, and put together again.

https://www.plivo.com/docs/messaging/concepts/signature-validation
"""

from __future__ import annotations

from verihook.errors import SignatureError
from verihook.request import Request
from verihook.senders.form import form_fields

#: More fields in a form or a query than this are refused.
MAX_FIELDS = 1000


def sorted_parameters(public_url: str, request: Request) -> bytes:
    """``public_url`` without its query, the delivery's query, sorted, and the form, sorted. Raises SignatureError.

    Between the two there is a dot if there are both, and a question mark before them.
    """
    base, _, registered = public_url.partition("?")
    query = sorted(_fields(request.query or registered))
    # Whatever the delivery says that its body is: all of it has to be signed.
    form = sorted(_fields(_text(request.body)))
    text = base + ("?" if query or form else "")
    text += "&".join([f"{name}={value}" for name, value in query])
    text += "." if query and form else ""
    text += "".join([name + value for name, value in form])
    return text.encode("utf-8", "surrogatepass")


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise SignatureError("malformed-form") from None


def _fields(text: str) -> list[tuple[str, str]]:
    try:
        return form_fields(text, MAX_FIELDS)
    except UnicodeDecodeError:
        raise SignatureError("malformed-form") from None
    except ValueError:
        raise SignatureError("too-many-form-fields") from None
