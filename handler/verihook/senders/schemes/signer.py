"""The sender's side of the HMAC scheme: signs a request as its sender would."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from verihook.errors import SignatureError
from verihook.records import replace
from verihook.request import FORM, Request
from verihook.senders.schemes import Delivery, Setting
from verihook.senders.schemes.encoding import encode_signature
from verihook.senders.schemes.form_values import form_value, with_field, with_form
from verihook.senders.schemes.headers import example_value, expand_numbered, with_headers
from verihook.senders.schemes.hmac_fields import filled_label
from verihook.senders.schemes.message import fields_of
from verihook.senders.schemes.timestamp import encode_time
from verihook.senders.schemes.url import query_of
from verihook.strict_json import member, parse_unverified, set_member, split_path

if TYPE_CHECKING:
    from verihook.senders.schemes.hmac_fields import HmacFields


#: The headers that a delivery which we sign lists as signed.
_NAMES = "content-type"


def sign(scheme: HmacFields, secret: str, request: Request, setting: Setting, *, message_id: str, now: int) -> Request:
    """``request`` as the sender with this secret sends it. Raises ValueError in words, or ``KEY: mend``.

    Adds what the scheme needs: headers, members of the JSON body, the hash of the body in the query.
    """
    if scheme.form_field:
        # The JSON that was given becomes that field of a form.
        inner = replace(request, body=_json_in_form(scheme.form_field, request))
        plain = replace(scheme, form_field="")
        inner = sign(plain, secret, inner, setting, message_id=message_id, now=now)
        return replace(with_form(inner), body=with_field("", scheme.form_field, inner.body.decode()).encode())
    key, stamp = scheme.secret_key(secret), encode_time(now, scheme.timestamp)
    request = _prepared(scheme, request, setting, message_id, stamp)
    content = _members(request) if scheme.signature_json or "{json:" in scheme.message else None
    try:
        signed = scheme.signed_message(setting, key)(Delivery(request, content, stamp, _NAMES, _items(scheme)))[0]
    except SignatureError as error:
        raise ValueError(f"the request cannot be signed: {error.reason}") from error
    text = encode_signature(scheme.mac_with(key)(signed), scheme.encoding)
    return _with_signature(scheme, request, text, stamp, setting)


def header_values(
    scheme: HmacFields, secret: str, request: Request, setting: Setting, stamps: Iterable[str]
) -> Iterator[tuple[str, str]]:
    """Yield what a sender with this secret may write into the signature's header for the request as it is.

    With the timestamp (one of ``stamps``, in the sender's own writing) that it is made for. ``request``: with all that
    is signed beside it. Raises ValueError in words, SignatureError if a part is missing.
    """
    key = scheme.secret_key(secret)
    mac, message = scheme.mac_with(key), scheme.signed_message(setting, key)
    content = parse_unverified(request.body, ascii_alone=True) if "{json:" in scheme.message else None
    for stamp in stamps:
        for signed in message(Delivery(request, content, stamp, _NAMES, _items(scheme))):
            text = encode_signature(mac(signed), scheme.encoding)
            yield stamp, _header_value(scheme, text, stamp, setting)
            if scheme.prefix_optional:
                yield stamp, text


def _prepared(scheme: HmacFields, request: Request, setting: Setting, message_id: str, stamp: str) -> Request:
    """The request with everything that the signature needs beside it."""
    headers = [(name, example_value(value)) for name, value in (*scheme.required.items(), *scheme.expected.items())]
    if scheme.timestamp_header:
        headers.append((scheme.timestamp_header, stamp))
    if scheme.id_header:
        headers.append((scheme.id_header, message_id))
    named = [name for field, name in fields_of(scheme.message) if field == "header"]
    headers += [(name, message_id) for name in named if request.header(name.lower()) is None]
    if "{form}" in scheme.message and request.header("content-type") is None:
        headers.append(("Content-Type", FORM))
    request = with_headers(request, headers)
    if scheme.timestamp_json or "{json:" in scheme.message:
        request = replace(request, body=_body_with_members(scheme, request, message_id, stamp))
    request = _with_form_fields(scheme, request, message_id)
    for name, field in fields_of(scheme.message):
        if name == "query" and request.parameter(field) is None:
            request = replace(request, query=with_field(request.query, field, message_id))
    if scheme.body_hash:
        query = request.query or query_of(setting.public_url)
        # Replaces one that is there already: with two, none would verify.
        parts = [part for part in query.split("&") if part and part.partition("=")[0] != scheme.body_hash]
        parts.append(f"{scheme.body_hash}={hashlib.sha256(request.body).hexdigest()}")
        request = replace(request, query="&".join(parts))
    return request


def _with_form_fields(scheme: HmacFields, request: Request, message_id: str) -> Request:
    """The request with the fields of a form that are signed. If there is one, the body that was given becomes it."""
    names = [field for name, field in fields_of(scheme.message) if name == "form" and field]
    text = request.body.decode("latin-1")
    missing = [field for field in names if f"{field}=" not in text]
    if not missing:
        return request
    form = text if len(missing) < len(names) else ""
    for field in missing:
        form = with_field(
            form, field, base64.b64encode(request.body).decode() if len(names) == 1 else _made_of(message_id)
        )
    return replace(with_form(request), body=form.encode("latin-1"))


def _made_of(message_id: str) -> str:
    """A text for a member or a field that is signed, and was not given."""
    return hashlib.sha256(message_id.encode("utf-8", "surrogatepass")).hexdigest()[:50]


def _body_with_members(scheme: HmacFields, request: Request, message_id: str, stamp: str) -> bytes:
    content = _members(request)
    if scheme.timestamp_json:
        # A timestamp that is signed as text is sent as text (Mailgun), one in a signed body as a number (Linear).
        sent: str | int = int(stamp) if "{timestamp}" not in scheme.message and stamp.isdecimal() else stamp
        set_member(content, scheme.timestamp_json, sent)
    for name, path in fields_of(scheme.message):
        if name == "json" and not isinstance(member(content, split_path(path)), str):
            set_member(content, path, _made_of(message_id))
    return _dump(content)


def _with_signature(scheme: HmacFields, request: Request, text: str, stamp: str, setting: Setting) -> Request:
    if scheme.signature_json:
        content = _members(request)
        set_member(content, scheme.signature_json, text)
        return replace(request, body=_dump(content))
    if scheme.headers:
        return with_headers(request, [(expand_numbered(scheme.headers)[0], text)])
    value = _header_value(scheme, text, stamp, setting)
    if scheme.signature_query:
        return replace(request, query=with_field(request.query, scheme.signature_query, value))
    if scheme.signature_form:
        return replace(request, body=with_field(request.body.decode(), scheme.signature_form, value).encode())
    return with_headers(request, [(scheme.header, value)])


def _header_value(scheme: HmacFields, text: str, stamp: str, setting: Setting) -> str:
    if scheme.separator and scheme.label:
        named, signature = _items(scheme), (filled_label(scheme.label, setting), text)
        beside = ((scheme.timestamp_label, stamp), (scheme.names_label, _NAMES))
        # Readers go by labels, but for Hygraph's own: by places.
        ordered = (signature, *named.items(), *beside) if named else (*beside, signature)
        separator = scheme.separator + " " if scheme.spaces else scheme.separator
        return separator.join(f"{label}{scheme.assign}{value}" for label, value in ordered if label)
    return scheme.prefix + text


def _json_in_form(name: str, request: Request) -> bytes:
    """The JSON of a request that is a form, or else the body itself."""
    if not request.body or request.body.lstrip().startswith(b"{"):
        return request.body
    try:
        return form_value(request, name).encode("utf-8", "surrogatepass")
    except SignatureError as error:
        raise ValueError(f"the body must be a JSON object, or a form with the field {name}") from error


def _items(scheme: HmacFields) -> dict[str, str]:
    """What stands beside a signature that we make, and is signed."""
    return {argument: "1" for name, argument in fields_of(scheme.message) if name == "item"}


def _members(request: Request) -> dict[str, Any]:
    try:
        return parse_unverified(request.body or b"{}", ascii_alone=True)
    except SignatureError as error:
        raise ValueError("the body must be a JSON object: this sender puts what it signs into it") from error


def _dump(content: dict[str, Any]) -> bytes:
    return json.dumps(content, separators=(",", ":"), ensure_ascii=True).encode()
