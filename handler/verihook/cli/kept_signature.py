"""Whether a secret has made the signature of a delivery that is kept, and if not, what is different.

Of the signature only a mark is kept, the beginning of its SHA-256. An HMAC can be made again with a secret, so its mark
can be compared; a signature by a private key cannot.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from verihook.errors import SignatureError
from verihook.model.source import Source
from verihook.records import replace
from verihook.request import Request
from verihook.senders.schemes import Setting
from verihook.senders.schemes.hmac import HmacScheme
from verihook.senders.schemes.signer import header_values
from verihook.senders.schemes.timestamp import TIMES, encode_time
from verihook.strict_json import parse_written
from verihook.webhooks.keeping import mark_of

_BOM = b"\xef\xbb\xbf"


class CannotTell(Exception):
    """What is kept does not suffice. The words say why."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A delivery. ``request``: the headers that are kept, without the signature's, and the very body.

    ``mark``: of the signature. ``at``: when it came, in seconds since the epoch; ``apart``: by how many seconds it was
    signed before, as far as that is known.
    """

    request: Request
    mark: str | None
    at: int
    apart: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """The secret that made the signature. ``apart``: how many seconds before it came; None if no time is signed.

    ``change``: what had to be done to the body for that, in words; "" if nothing.
    """

    reference: str
    apart: int | None
    change: str = ""


def maker_of(kept: Kept, source: Source, secrets: Sequence[tuple[str, str]]) -> Found | None:
    """Return which of the secrets, pairs of a reference and a value, has made the signature; None if none has.

    Raises CannotTell.
    """
    scheme = source.sender.scheme
    if not isinstance(scheme, HmacScheme):
        raise CannotTell(f"{source.sender.id} sends a token, signs in two ways, or with a key that only the sender has")
    if kept.mark is None:
        raise CannotTell("no mark of its signature is kept: it had none, or the source keeps no facts")
    stamps = list(_stamps(scheme, kept))
    setting = Setting(source.public_url, source.parameters)
    for change, body in (("", kept.request.body), *_changed(kept.request.body)):
        for reference, secret in secrets:
            try:
                for stamp, text in header_values(scheme, secret, replace(kept.request, body=body), setting, stamps):
                    if mark_of(text) == kept.mark:
                        return Found(reference, _apart(scheme, stamp, kept), change)
            except (ValueError, SignatureError):
                # A secret of another form, or a body that this sender never signs.
                continue
    return None


def _stamps(scheme: HmacScheme, kept: Kept) -> Iterable[str]:
    """The times that the signature may be of, as the sender writes them, the likeliest first."""
    if "{timestamp}" not in scheme.message:
        return ("",)
    if scheme.timestamp_header:
        text = kept.request.header(scheme.timestamp_header.lower())
        if text is None:
            raise CannotTell(f"{scheme.timestamp_header} is signed, and is not kept of this delivery")
        return (text,)
    if scheme.timestamp == "ms":
        raise CannotTell("its time, to the millisecond, is in the header of which only a mark is kept")
    middle = kept.at - kept.apart
    offsets = sorted(range(-scheme.tolerance, scheme.tolerance + 1), key=abs)
    return (encode_time(middle + offset, scheme.timestamp) for offset in offsets)


def _apart(scheme: HmacScheme, stamp: str, kept: Kept) -> int | None:
    if not stamp:
        return None
    try:
        return kept.at - TIMES[scheme.timestamp](stamp) // 1000
    except SignatureError:
        return None


def _changed(body: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the body as it may have been before something on its way has changed it, with what that would be."""
    bare = body.removeprefix(_BOM)
    yield (
        "with a byte order mark" if bare == body else "without its byte order mark",
        _BOM + body if (bare == body) else bare,
    )
    stripped = body.rstrip(b"\r\n")
    if stripped != body:
        yield "without the line break at its end", stripped
    yield "with a line break at its end", stripped + b"\n"
    yield "with a line break (CR LF) at its end", stripped + b"\r\n"
    unix = body.replace(b"\r\n", b"\n")
    yield "with LF for CR LF", unix
    yield "with CR LF for LF", unix.replace(b"\n", b"\r\n")
    try:
        content = parse_written(bare.decode())
    except ValueError:
        return
    for name, separators in (("compact", (",", ":")), ("spaced", (", ", ": "))):
        for escaped in (False, True):
            text = json.dumps(content, separators=separators, ensure_ascii=escaped)
            yield f"as {name} JSON{' in ASCII' if escaped else ''}", text.encode("utf-8", "surrogatepass")
    for indent in (2, 4):
        text = json.dumps(content, indent=indent, ensure_ascii=False)
        yield f"as JSON with {indent} spaces to a level", text.encode("utf-8", "surrogatepass")
