"""HMAC (or a plain digest) over a message template: the one scheme behind most senders.

A sender's TOML says where the signature is and what is signed; :meth:`HmacScheme.bind` compiles that, with the secrets,
into one function. RFC 2104, https://www.rfc-editor.org/rfc/rfc2104
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from typing import ClassVar

from verihook.errors import SignatureError
from verihook.request import Request
from verihook.senders.schemes import PLAIN, Delivery, Proof, Setting, Verify, digest_of, no_secret, proof_by
from verihook.senders.schemes.candidates import Candidates, Items, in_header, in_headers, in_items, in_json, in_value
from verihook.senders.schemes.encoding import DECODERS
from verihook.senders.schemes.headers import expand_numbered, header_check, one_header, with_aliases
from verihook.senders.schemes.hmac_fields import HmacFields, filled_label
from verihook.senders.schemes.message import Signed, covers, fields_of
from verihook.senders.schemes.timestamp import LONGEST_WINDOW, TIMES, check_age
from verihook.senders.schemes.url import check_body_hash
from verihook.strict_json import split_path, text_member


class HmacScheme(HmacFields):
    """Verifies and signs as the :class:`~verihook.senders.schemes.hmac_fields.HmacFields` say."""

    __slots__ = ()

    keyless: ClassVar[bool] = False

    def bind(self, secrets: tuple[str, ...], setting: Setting = PLAIN) -> Verify:
        """See :class:`~verihook.senders.schemes.Scheme`."""
        if self.key_inside and len(secrets) > 1:
            return _first_of([self.bind((secret,), setting) for secret in secrets])
        keys = [self.secret_key(secret) for secret in secrets]
        macs = tuple(map(self.mac_with, keys))
        message = self.signed_message(setting, keys[0] if self.key_inside and keys else b"")
        read, accept = self._reader(setting), self._last_checks()
        decode_time, timed, same = TIMES[self.timestamp], self._signs_timestamp(), hmac.compare_digest
        digests = setting.digests
        if not macs:
            return no_secret

        def verify(request: Request, now: int) -> Proof:
            delivery = Delivery(request)
            signatures = read(delivery)
            sent_at = decode_time(delivery.timestamp) if timed else None
            messages = message(delivery)
            for index, mac in enumerate(macs):
                for signed in messages:
                    expected = mac(signed)
                    matched = False
                    # Every candidate is compared, so that the time does not show which one matched.
                    for signature in signatures:
                        matched |= same(expected, signature)
                    if matched:
                        accept(request, signed, sent_at, now)
                        proof = proof_by(index)
                        return Proof(proof.verified_by, digest_of(*signed[:3])) if digests else proof
            raise SignatureError("signature-mismatch")

        return verify

    def sign(self, secret: str, request: Request, setting: Setting = PLAIN, *, message_id: str, now: int) -> Request:
        """See :class:`~verihook.senders.schemes.Scheme`."""
        # Imported here: a receiver never signs, and a cold start should not load it.
        from verihook.senders.schemes.signer import sign

        return sign(self, secret, request, setting, message_id=message_id, now=now)

    @property
    def timed(self) -> bool:
        """See :class:`~verihook.senders.schemes.Scheme`."""
        stamped = bool(self.timestamp_header or self.timestamp_label or self.timestamp_json)
        return stamped and self.tolerance <= LONGEST_WINDOW

    @property
    def binds_body(self) -> bool:
        """See :class:`~verihook.senders.schemes.Scheme`."""
        return not self.body_unsigned

    def covers(self, header: str, path: tuple[str, ...]) -> bool:
        """See :class:`~verihook.senders.schemes.Scheme`."""
        return covers(self.message, self.id_header, header, path) or (not header and bool(self.body_hash))

    def _reader(self, setting: Setting) -> Candidates:
        """How to read what is needed before the MAC: the signatures, and the timestamp's text."""
        check, candidates = header_check(self.required, self.expected), self._candidates(setting)
        stamp_names, stamp_path = with_aliases(self.timestamp_header, self.aliases), split_path(self.timestamp_json)
        content_of = self.content_reader()
        parses = bool(self.signature_json or "{json:" in self.message or (stamp_path and self._signs_timestamp()))

        def read(delivery: Delivery) -> list[bytes]:
            if check is not None:
                check(delivery.request)
            if parses:
                delivery.content = content_of(delivery.request)
            signatures = candidates(delivery)
            if stamp_names:
                delivery.timestamp = one_header(delivery.request, *stamp_names, non_ascii="bad-timestamp")
            elif parses and stamp_path:
                delivery.timestamp = text_member(delivery.content, stamp_path, "no-timestamp")
            return signatures

        return read

    def _last_checks(self) -> Callable[[Request, Signed, int | None, int], None]:
        """The checks of a message whose MAC matched."""
        path = () if self._signs_timestamp() else split_path(self.timestamp_json)
        decode_time, tolerance, hash_name = TIMES[self.timestamp], self.tolerance, self.body_hash
        content_of = self.content_reader()

        def accept(request: Request, signed: Signed, sent_at: int | None, now: int) -> None:
            if path:
                sent_at = decode_time(text_member(content_of(request), path, "no-timestamp"))
            if sent_at is not None:
                check_age(sent_at, now, tolerance)
            if hash_name:
                _, _, _, url = signed
                check_body_hash(request.body, url, hash_name)

        return accept

    def _candidates(self, setting: Setting) -> Candidates:
        decode, size = DECODERS[self.encoding], hashlib.new(self.algorithm).digest_size
        if self.signature_json:
            return in_json(split_path(self.signature_json), decode, size)
        if self.headers:
            return in_headers(expand_numbered(self.headers), decode, size)
        names, value = with_aliases(self.header, self.aliases), None
        if self.signature_query or self.signature_form:
            value = _value_reader(self.signature_query, self.signature_form)
        if self.separator:
            label = filled_label(self.label, setting)
            signed = tuple(argument for name, argument in fields_of(self.message) if name == "item")
            grammar = Items(
                self.separator, self.assign, label, self.timestamp_label, self.spaces, self.names_label, signed
            )
            return in_items(names, grammar, decode, size, value)
        if value is not None:
            return in_value(value, self.prefix, decode, size)
        return in_header(names, self.prefix, self.prefix_optional, decode, size)


def _value_reader(query: str, form: str) -> Callable[[Request], str]:
    """How to read the one value of a query parameter or of a field of a form."""
    # Imported here: few sources need it.
    from verihook.senders.schemes.form_values import form_value, query_value

    return (lambda request: query_value(request, query)) if query else (lambda request: form_value(request, form))


def _first_of(checks: list[Verify]) -> Verify:
    """The check by several secrets, newest first, each of which stands in its own message."""

    def verify(request: Request, now: int) -> Proof:
        for index, check in enumerate(checks):
            try:
                return Proof(proof_by(index).verified_by, check(request, now).signed)
            except SignatureError as error:
                if error.reason != "signature-mismatch":
                    raise
        raise SignatureError("signature-mismatch")

    return verify
