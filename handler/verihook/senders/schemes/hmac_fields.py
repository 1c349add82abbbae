"""The keys of a sender's TOML for an HMAC signature, and the message and key that they describe."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from verihook.records import replace
from verihook.request import Request
from verihook.senders.schemes import Setting
from verihook.senders.schemes.encoding import DECODERS, KEYS, key_of
from verihook.senders.schemes.headers import check_texts, expand_numbered, with_aliases
from verihook.senders.schemes.message import (
    KEY_FIRST,
    SIGN_BODY,
    Message,
    Signed,
    check_place,
    compile_message,
    fields_of,
)
from verihook.senders.schemes.timestamp import TIMES, check_tolerance
from verihook.senders.schemes.url import Urls, signed_urls
from verihook.senders.tables import must_be_one_of
from verihook.strict_json import parse_unverified

Mac = Callable[[Signed], bytes]


@dataclass(frozen=True, slots=True)
class HmacFields:
    """One shape of HMAC signature.

    The place of the signature is one of: ``header`` with ``prefix`` + signature (``prefix_optional``: or the bare one);
    ``header`` with items split by ``separator`` (``spaces`` around them allowed), each ``label`` + ``assign`` +
    signature, of which any may match and other labels are skipped (without a label each is one); ``headers``, of which
    some come and any may match (``NAME{1..9}``: numbered); ``signature_json``, a path in the JSON body;
    ``signature_query`` or ``signature_form``, a parameter of the URL or a field of the body, with items or without.
    ``label`` may be ``{parameter:NAME}``, the source's. ``aliases`` replaces prefixes of header names: ``{"svix-" =
    "webhook-"}``.

    ``form_field``: the JSON is not the body but this field of a form, URL-encoded or multipart.

    ``message`` is described in :mod:`verihook.senders.schemes.message`. The body must be in it, as ``{body}``, as
    ``{body_sha256}`` or ``{body_json}``, as ``{form}`` or ``{sorted_parameters}``, or by its SHA-256 in the query
    parameter ``body_hash`` of a signed ``{url}``; ``body_unsigned`` says that it is not.

    The timestamp is in ``timestamp_header``, in the item ``timestamp_label``, or in the JSON body at
    ``timestamp_json``, in the unit ``timestamp`` (``s``, ``ms``, ``rfc3339``, ``naive``, ``http-date``); ``tolerance``
    reaches both ways, in seconds.

    ``names_label``: the item that lists the headers which ``{named_headers}`` stands for.

    ``url``: ``registered``, the source's public_url as it is; ``delivered``, with the query of the delivery instead of
    its own, if the delivery has one. ``url_ports`` also tries Twilio's variants, ``url_unescape`` decodes as HubSpot.

    ``key``: see :data:`verihook.senders.schemes.encoding.KEYS`. ``required``: headers with the value that they must
    have; ``expected``: the same for headers that may be absent.
    """

    header: str = ""
    message: str = "{body}"
    algorithm: str = "sha256"
    encoding: str = "hex"
    prefix: str = ""
    prefix_optional: bool = False
    separator: str = ""
    spaces: bool = False
    assign: str = "="
    label: str = ""
    headers: list = field(default_factory=list)  # type: ignore[type-arg]  # the annotation is a TOML type's name
    signature_json: str = ""
    signature_query: str = ""
    signature_form: str = ""
    form_field: str = ""
    aliases: dict = field(default_factory=dict)  # type: ignore[type-arg]
    body_hash: str = ""
    body_unsigned: bool = False
    timestamp: str = "s"
    timestamp_header: str = ""
    timestamp_label: str = ""
    names_label: str = ""
    timestamp_json: str = ""
    tolerance: int = 300
    id_header: str = ""
    url: str = "registered"
    url_ports: bool = False
    url_unescape: bool = False
    key: str = "utf8"
    key_prefix: str = ""
    required: dict = field(default_factory=dict)  # type: ignore[type-arg]
    expected: dict = field(default_factory=dict)  # type: ignore[type-arg]

    def __post_init__(self) -> None:
        self._check_words()
        self._check_places()
        self._check_message()

    def secret_key(self, secret: str) -> bytes:
        """The key that the secret stands for. Raises ValueError in words."""
        return key_of(secret, self.key, self.key_prefix)

    def mac_with(self, key: bytes) -> Mac:
        """How to compute the signature of messages with one key.

        The key is hashed once: https://www.rfc-editor.org/rfc/rfc2104#section-4
        """
        plain, front = KEY_FIRST in self.message, key if self.message.startswith(KEY_FIRST) else b""
        start = hashlib.new(self.algorithm, front) if plain else hmac.new(key, digestmod=self.algorithm)

        def compute(signed: Signed) -> bytes:
            before, body, after, _ = signed
            state = start.copy()
            if before:
                state.update(before)
            state.update(body)
            if after:
                state.update(after)
            return state.digest()

        return compute

    def content_reader(self) -> Callable[[Request], dict[str, Any]]:
        """How to read the JSON of a delivery. It raises SignatureError."""
        name = self.form_field
        if not name:
            return lambda request: parse_unverified(request.body, ascii_alone=True)
        # Imported here: few sources need it.
        from verihook.senders.schemes.form_values import form_value

        return lambda request: parse_unverified(
            form_value(request, name).encode("utf-8", "surrogatepass"), ascii_alone=True
        )

    @property
    def key_inside(self) -> bool:
        """Whether the key stands in the message, elsewhere than at its front."""
        return KEY_FIRST in self.message.removeprefix(KEY_FIRST)

    def signed_message(self, setting: Setting, key: bytes = b"") -> Message:
        """How to put the signed bytes together. ``key``: for a message that it stands in. Raises ValueError."""
        setting = replace(setting, key=key) if self.key_inside else setting
        return compile_message(self.message, with_aliases(self.id_header, self.aliases), setting, self._urls(setting))

    def _urls(self, setting: Setting) -> Urls | None:
        if "{url}" not in self.message:
            return None
        return signed_urls(
            setting.public_url, self.url, ports=self.url_ports, unescape=self.url_unescape, added=self.body_hash
        )

    def _signs_timestamp(self) -> bool:
        """Whether the timestamp is signed by itself, and so read before the MAC.

        A timestamp in a signed body is read after the MAC: no body of a stranger is parsed.
        """
        return "{timestamp}" in self.message

    def _check_words(self) -> None:
        for name, known in (
            ("algorithm", ("sha1", "sha256", "sha384", "sha512")),
            ("encoding", tuple(DECODERS)),
            ("key", tuple(KEYS)),
            ("timestamp", tuple(TIMES)),
            ("url", ("registered", "delivered")),
        ):
            if getattr(self, name) not in known:
                raise ValueError(f"{name}: {must_be_one_of(known, getattr(self, name))}")
        check_tolerance(self.tolerance)
        for name in ("aliases", "required", "expected"):
            check_texts(name, getattr(self, name))

    def _check_places(self) -> None:
        places = (self.header, self.headers, self.signature_json, self.signature_query, self.signature_form)
        if sum(map(bool, places)) != 1:
            raise ValueError(
                "header: give one place of the signature: header, headers or a signature_ of json, query, form"
            )
        listed = self.header or self.signature_query or self.signature_form
        if (self.label and not self.separator) or (self.separator and not listed):
            raise ValueError("separator: a label needs one, and it is for a header, signature_query or signature_form")
        if not self.assign:
            raise ValueError("assign: must be what separates a label and its value")
        for key in ("timestamp_label", "names_label"):
            if getattr(self, key) and not self.separator:
                raise ValueError(f"{key}: needs a separator")
        if (bool(self.timestamp_header), bool(self.timestamp_label), bool(self.timestamp_json)).count(True) > 1:
            raise ValueError("timestamp_header: give one place of the timestamp, not several")
        expand_numbered(self.headers)

    def _check_message(self) -> None:
        names = [name for name, argument in fields_of(self.message) if name != "form" or not argument]
        signs_body = set(SIGN_BODY) & set(names)
        if not self.body_unsigned and not signs_body and not (self.body_hash and "url" in names):
            raise ValueError("message: {body} must be in it, so that the body is signed")
        stamped = "timestamp" in names
        where = bool(self.timestamp_header or self.timestamp_label or (self.timestamp_json and stamped))
        check_place(self.message, "timestamp", "timestamp_header or timestamp_label", where)
        if self.timestamp_json and not stamped and "body" not in names:
            raise ValueError("message: the timestamp at timestamp_json is not signed")
        check_place(self.message, "id", "id_header", bool(self.id_header))
        check_place(self.message, "named_headers", "names_label", bool(self.names_label))
        if "header_lines" in names:
            raise ValueError("message: {header_lines} is for the scheme detached-jws alone")
        if "item" in names and not self.label:
            raise ValueError("message: {item:LABEL} needs separator and label")
        if self.form_field and not (self.signature_json or "json" in names or self.timestamp_json):
            raise ValueError("form_field: nothing is read of its JSON")
        if self.body_hash and "url" not in names:
            raise ValueError("body_hash: the message has no {url}")


def filled_label(label: str, setting: Setting) -> str:
    """The label, or the source's parameter that it names. Raises ValueError ``KEY: mend``."""
    if not label.startswith("{parameter:"):
        return label
    name = label.removeprefix("{parameter:").removesuffix("}")
    value = setting.parameters.get(name)
    if not value:
        raise ValueError(f"parameters.{name}: stands before the signature of this sender; write it into the source")
    return value
