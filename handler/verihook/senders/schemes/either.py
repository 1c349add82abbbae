"""A sender that signs in several ways, at once or one after the other: a delivery is genuine if one verifies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from verihook.errors import SignatureError
from verihook.request import Request
from verihook.senders.schemes import PLAIN, Proof, Scheme, Setting, Verify

#: The reasons by which a scheme says that a delivery was not signed its way.
_ABSENT = frozenset({"missing-header", "missing-field", "no-token", "body-is-not-json", "malformed-form"})


@dataclass(frozen=True, slots=True)
class EitherScheme:
    """Schemes in the order in which they are tried; each checks what it covers by itself.

    It signs by the first that can.
    """

    schemes: tuple[Scheme, ...]

    keyless: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if len(self.schemes) < 2:
            raise ValueError("schemes: write two tables or more")

    @property
    def header(self) -> str:
        """Return the header of the first scheme's signature; "" if it has none."""
        return str(getattr(self.schemes[0], "header", ""))

    @property
    def timed(self) -> bool:
        """See :class:`~verihook.senders.schemes.Scheme`."""
        return all(scheme.timed for scheme in self.schemes)

    @property
    def binds_body(self) -> bool:
        """See :class:`~verihook.senders.schemes.Scheme`."""
        return all(scheme.binds_body for scheme in self.schemes)

    def covers(self, header: str, path: tuple[str, ...]) -> bool:
        """See :class:`~verihook.senders.schemes.Scheme`."""
        return all(scheme.covers(header, path) for scheme in self.schemes)

    def bind(self, secrets: tuple[str, ...], setting: Setting = PLAIN) -> Verify:
        """See :class:`~verihook.senders.schemes.Scheme`.

        The refusal is that of the last, but if its signature is not there that of one which does not match.
        """
        *first, last = (scheme.bind(secrets, setting) for scheme in self.schemes)

        def verify(request: Request, now: int) -> Proof:
            told: SignatureError | None = None
            for check in first:
                try:
                    return check(request, now)
                except SignatureError as error:
                    told = told or (error if error.reason == "signature-mismatch" else None)
            try:
                return last(request, now)
            except SignatureError as error:
                raise (told if told and error.reason in _ABSENT else error) from None

        return verify

    def sign(self, secret: str, request: Request, setting: Setting = PLAIN, *, message_id: str, now: int) -> Request:
        """See :class:`~verihook.senders.schemes.Scheme`. By the first that can sign such a body."""
        *first, last = self.schemes
        for scheme in first:
            try:
                return scheme.sign(secret, request, setting, message_id=message_id, now=now)
            except ValueError:
                continue
        return last.sign(secret, request, setting, message_id=message_id, now=now)
