"""HMAC (or a plain digest) over a message template: the one scheme behind most senders.

A sender's TOML says where the signature stands and over what it is made; :meth:`HmacScheme.bind` compiles that, with
the secrets, into one function. RFC 2104, https://www.rfc-editor.org/rfc/rfc2104
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

from verihook.errors import SignatureError
from verihook.request import Request
from verihook.schemes import CURRENT, PLAIN, PREVIOUS, Proof, Setting, Verify, digest_of
from verihook.schemes.candidates import Candidates, Items, in_header, in_headers, in_items, in_json
from verihook.schemes.delivery import Delivery
from verihook.schemes.encoding import DECODERS, KEYS
from verihook.schemes.headers import aliased, numbered, one_of, require
from verihook.schemes.json_member import split_path, text_member
from verihook.schemes.message import KEY_FIRST, Message, Signed, compile_message, fields_of
from verihook.schemes.strict_json import read_object
from verihook.schemes.timestamp import TIMES
from verihook.schemes.url import Urls, check_body_hash, urls

Mac = Callable[[Signed], bytes]


@dataclass(frozen=True, slots=True)
class HmacScheme:
    """One shape of HMAC signature.

    Where the signature stands, one of: ``header`` with ``prefix`` + signature (``prefix_optional``: the bare one too);
    ``header`` with items split by ``separator`` (``spaces`` around them allowed), each ``label`` + ``assign`` +
    signature, of which any may match and other labels are skipped; ``headers``, of which some stand and any may match
    (``NAME{1..9}``: numbered); ``signature_json``, a path in the JSON body. ``aliases`` replaces prefixes of header
    names: ``{"svix-" = "webhook-"}``.

    ``message`` is described in :mod:`verihook.schemes.message`. The body must be in it, as ``{body}``, as ``{form}``,
    or by its SHA-256 in the query parameter ``body_hash`` of a signed ``{url}``; ``body_unsigned`` says that it is not.

    The timestamp stands in ``timestamp_header``, in the item ``timestamp_label``, or in the JSON body at
    ``timestamp_json``, in the unit ``timestamp`` (``s``, ``ms``, ``rfc3339``); ``tolerance`` reaches both ways, in
    seconds.

    ``url``: ``registered``, the source's public_url as it stands; ``delivered``, with the query of the delivery instead
    of its own, where there is one. ``url_ports`` also tries Twilio's variants, ``url_unescape`` decodes as HubSpot.

    ``key``: see :data:`verihook.schemes.encoding.KEYS`. ``required``: headers with the value that they must have;
    ``expected``: the same where they stand.
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
    aliases: dict = field(default_factory=dict)  # type: ignore[type-arg]
    body_hash: str = ""
    body_unsigned: bool = False
    timestamp: str = "s"
    timestamp_header: str = ""
    timestamp_label: str = ""
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

    keyless: ClassVar[bool] = False

    def __post_init__(self) -> None:
        self._check_words()
        self._check_places()
        self._check_message()

    def bind(self, secrets: tuple[str, ...], setting: Setting = PLAIN) -> Verify:
        """See :class:`~verihook.schemes.Scheme`."""
        macs = tuple(self.keyed(self.decode_key(secret)) for secret in secrets)
        read, message, accept = self._read(), self.signed_message(setting), self._accept()
        decode_time, timed, same = TIMES[self.timestamp], self._timed(), hmac.compare_digest
        digests = setting.digests

        def verify(request: Request, now: int) -> Proof:
            if not macs:
                raise SignatureError("no-secret")
            delivery = Delivery(request)
            signatures = read(delivery)
            sent_at = decode_time(delivery.timestamp) if timed else None
            messages = message(delivery)
            for index, mac in enumerate(macs):
                for signed in messages:
                    expected = mac(signed)
                    matched = False
                    # Every candidate is compared, so that the time tells nothing of which one matched.
                    for signature in signatures:
                        matched |= same(expected, signature)
                    if matched:
                        accept(request, signed, sent_at, now)
                        proof = CURRENT if index == 0 else PREVIOUS
                        return Proof(proof.verified_by, digest_of(*signed[:3])) if digests else proof
            raise SignatureError("signature-mismatch")

        return verify

    def sign(self, secret: str, request: Request, setting: Setting = PLAIN, *, message_id: str, now: int) -> Request:
        """See :class:`~verihook.schemes.Scheme`."""
        # Receivers never sign, and a cold start shall not pay for it.
        from verihook.schemes.signer import sign

        return sign(self, secret, request, setting, message_id=message_id, now=now)

    @property
    def timed(self) -> bool:
        """See :class:`~verihook.schemes.Scheme`."""
        return bool(self.timestamp_header or self.timestamp_label or self.timestamp_json)

    @property
    def binds_body(self) -> bool:
        """See :class:`~verihook.schemes.Scheme`."""
        return not self.body_unsigned

    def covers(self, header: str, path: tuple[str, ...]) -> bool:
        """See :class:`~verihook.schemes.Scheme`."""
        fields = {(name, argument.lower()) for name, argument in fields_of(self.message)}
        if header:
            return (header == self.id_header.lower() and ("id", "") in fields) or ("header", header) in fields
        whole = bool({("body", ""), ("form", "")} & fields or self.body_hash)
        return whole or ("json", ".".join(path).lower()) in fields

    def decode_key(self, secret: str) -> bytes:
        """The key that the secret stands for. Raises ValueError in words."""
        key = KEYS[self.key](secret, self.key_prefix)
        if not key:
            raise ValueError("the secret is empty")
        return key

    def keyed(self, key: bytes) -> Mac:
        """How to compute the signature of messages with one key.

        The key is hashed once: https://www.rfc-editor.org/rfc/rfc2104#section-4
        """
        plain = self.message.startswith(KEY_FIRST)
        start = hashlib.new(self.algorithm, key) if plain else hmac.new(key, digestmod=self.algorithm)

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

    def signed_message(self, setting: Setting) -> Message:
        """How to put the signed bytes together. Raises ValueError ``KEY: mend``."""
        return compile_message(self.message, aliased(self.id_header, self.aliases), setting, self._urls(setting))

    def _urls(self, setting: Setting) -> Urls | None:
        if "{url}" not in self.message:
            return None
        return urls(setting.public_url, self.url, ports=self.url_ports, unescape=self.url_unescape)

    def _read(self) -> Candidates:
        """How to read everything that stands before the MAC: the signatures, and the timestamp's text."""
        check, candidates = require(self.required, self.expected), self._candidates()
        parses = bool(self.signature_json or "{json:" in self.message or (self.timestamp_json and self._timed()))
        stamp_names, stamp_path = aliased(self.timestamp_header, self.aliases), split_path(self.timestamp_json)

        def read(delivery: Delivery) -> list[bytes]:
            if check is not None:
                check(delivery.request)
            if parses:
                delivery.content = read_object(delivery.request.body)
            signatures = candidates(delivery)
            if stamp_names:
                delivery.timestamp = one_of(delivery.request, stamp_names, non_ascii="bad-timestamp")
            elif parses and stamp_path:
                delivery.timestamp = text_member(delivery.content, stamp_path, "no-timestamp")
            return signatures

        return read

    def _accept(self) -> Callable[[Request, Signed, int | None, int], None]:
        """What else must hold of a message whose MAC matched.

        The clock is looked at after the MAC, or the answer would tell a stranger where ours stands.
        """
        path = () if self._timed() else split_path(self.timestamp_json)
        decode_time, tolerance, hash_name = TIMES[self.timestamp], self.tolerance * 1000, self.body_hash

        def accept(request: Request, signed: Signed, sent_at: int | None, now: int) -> None:
            if path:
                sent_at = decode_time(text_member(read_object(request.body), path, "no-timestamp"))
            if sent_at is not None and not -tolerance <= now * 1000 - sent_at <= tolerance:
                raise SignatureError("timestamp-outside-tolerance")
            if hash_name:
                _, _, _, url = signed
                check_body_hash(request.body, url, hash_name)

        return accept

    def _candidates(self) -> Candidates:
        decode, size = DECODERS[self.encoding], hashlib.new(self.algorithm).digest_size
        if self.signature_json:
            return in_json(split_path(self.signature_json), decode, size)
        if self.headers:
            return in_headers(numbered(self.headers), decode, size)
        names = aliased(self.header, self.aliases)
        if self.separator:
            grammar = Items(self.separator, self.assign, self.label, self.timestamp_label, self.spaces)
            return in_items(names, grammar, decode, size)
        return in_header(names, self.prefix, self.prefix_optional, decode, size)

    def _timed(self) -> bool:
        """Whether the timestamp is read before the MAC, because it is signed by itself.

        One that stands in the signed body is read after it: nothing is parsed of a stranger's.
        """
        return "{timestamp}" in self.message

    def _check_words(self) -> None:
        for name, known in (
            ("algorithm", ("sha1", "sha256", "sha512")),
            ("encoding", tuple(DECODERS)),
            ("key", tuple(KEYS)),
            ("timestamp", tuple(TIMES)),
            ("url", ("registered", "delivered")),
        ):
            if getattr(self, name) not in known:
                raise ValueError(f"{name}: {getattr(self, name)!r} is none of {', '.join(known)}")
        if self.tolerance <= 0:
            raise ValueError("tolerance: seconds, more than 0")
        for name in ("aliases", "required", "expected"):
            if not all(isinstance(text, str) and text for pair in getattr(self, name).items() for text in pair):
                raise ValueError(f"{name}: must map texts to texts")

    def _check_places(self) -> None:
        if (bool(self.header), bool(self.headers), bool(self.signature_json)).count(True) != 1:
            raise ValueError("header: name what holds the signature: header, headers or signature_json, one of them")
        if bool(self.separator) != bool(self.label) or (self.separator and not self.header):
            raise ValueError("separator: separator and label go together, in a header")
        if not self.assign:
            raise ValueError("assign: what stands between a label and its value")
        if self.timestamp_label and not self.separator:
            raise ValueError("timestamp_label: needs a separator")
        if (bool(self.timestamp_header), bool(self.timestamp_label), bool(self.timestamp_json)).count(True) > 1:
            raise ValueError("timestamp_header: one place for the timestamp is enough")
        numbered(self.headers)

    def _check_message(self) -> None:
        names = [name for name, _ in fields_of(self.message)]
        if not self.body_unsigned and not {"body", "form"} & set(names) and not (self.body_hash and "url" in names):
            raise ValueError("message: {body} is not signed")
        stamped = "timestamp" in names
        if stamped != bool(self.timestamp_header or self.timestamp_label or (self.timestamp_json and stamped)):
            raise ValueError("message: a signed {timestamp} and timestamp_header or timestamp_label go together")
        if self.timestamp_json and not stamped and "body" not in names:
            raise ValueError("message: the timestamp at timestamp_json is not signed")
        if ("id" in names) != bool(self.id_header):
            raise ValueError("message: a signed {id} and id_header go together")
        if self.body_hash and "url" not in names:
            raise ValueError("body_hash: the message has no {url}")
