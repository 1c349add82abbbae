"""``verihook verify --delivery ID``: which secret has made the signature of a delivery that is kept, or what differs.

The secrets stay on this machine: the API is asked for what is kept alone.
"""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING

from verihook.adapters.printable import printable
from verihook.cli.connect import ENDED_BADLY, with_client
from verihook.cli.kept_signature import CannotTell, Found, Kept, maker_of
from verihook.cli.send import find_source, open_secrets, secret_missing, with_secrets
from verihook.errors import ConfigurationError, SignatureError
from verihook.local.data import DEFAULT, made_here
from verihook.model.source import Source
from verihook.request import Request
from verihook.verification import setting_of
from verihook.webhooks.keyring import KEY_REASONS
from verihook.webhooks.reasons import in_words

if TYPE_CHECKING:
    from verihook.client import Client, Delivery

#: Reasons that come after the signature was found right.
_STALE = "timestamp-outside-tolerance"

_APART = re.compile(r"signed (\d+) seconds (before|after)")


def verify_kept(options: argparse.Namespace) -> int:
    """Print which secret verifies the delivery that ``options.delivery`` names, or what differs; 0 if one does."""
    # Without --data, the server is the one of the environment, as for all commands that ask the API.
    options.data_of_server = options.data
    server = argparse.Namespace(**vars(options))
    server.data = None if options.data == DEFAULT else options.data
    return with_client(_verify)(server)


def _verify(client: Client, options: argparse.Namespace) -> int:
    options.data = options.data_of_server
    found = client.delivery(options.delivery)
    if found.outcome not in ("accepted", "captured"):
        mend = f"verihook deliveries capture {found.source}, and let it come again" if found.source else "see its path"
        return _say("cannot be told", f"Of a delivery that is {found.outcome} no body is kept: {mend}.")
    options.source = options.source or found.source
    source = with_secrets(find_source(options), options.secret)
    if found.reason is not None and found.reason not in {*KEY_REASONS, _STALE}:
        return _say(f"no: {found.reason}", in_words(found.reason))
    if not found.body_kept:
        return _say("cannot be told", 'Its body is not kept: set keep = "full" in its source.')
    secrets = _values(source, options)
    kept = _kept(found, client.delivery_body(options.delivery), source)
    try:
        if kept.mark is None and not source.sender.signature_header:
            return _by_body(kept, source, secrets)
        return _verdict(maker_of(kept, source, secrets), found, source, secrets, options)
    except CannotTell as error:
        return _say("cannot be told", f"{error}.")


def _verdict(
    maker: Found | None,
    found: Delivery,
    source: Source,
    secrets: list[tuple[str, str]],
    options: argparse.Namespace,
) -> int:
    tried = ", ".join(reference for reference, _ in secrets)
    made = {f"env:{name}" for name in made_here(options.data)}
    if maker is None:
        if found.verified_by:
            words = f"It was verified when it came ({found.verified_by}), by none of these: {tried}."
            return _say("no: wrong secret", f"{words} They are others now, or it had more than one signature.")
        if all(reference in made for reference, _ in secrets):
            return _say("no: made secret", f"{tried} was made here, so its sender cannot have it: set the sender's.")
        words = f"None of these has signed this body: {tried}. The sender has another secret"
        return _say("no: wrong secret", f"{words}, or the body was changed beyond recognition.")
    if maker.change:
        words = f"{maker.reference} is right: it has signed the body {maker.change}, so something before us changes it."
        return _say("no: body changed", words)
    tolerance = getattr(source.sender.scheme, "tolerance", 0)
    if found.reason == _STALE or (maker.apart is not None and abs(maker.apart) > tolerance):
        when = found.detail or f"it was signed {maker.apart} seconds before it came"
        return _say("no: timestamp", f"{maker.reference} is right, the time is not: {when}.")
    print(printable(f"yes: {maker.reference} has signed this delivery of the source {source.name}"))
    return 0


def _by_body(kept: Kept, source: Source, secrets: list[tuple[str, str]]) -> int:
    """The verdict if the signature is in the body, so that all of it is kept."""
    why = ""
    for reference, secret in secrets or [("the sender's public key", "")]:
        try:
            source.sender.scheme.bind((secret,) if secret else (), setting_of(source))(kept.request, kept.at)
        except (SignatureError, ValueError) as error:
            why = getattr(error, "reason", str(error))
            if why.startswith("missing-"):
                # It is in a header that is not kept.
                raise CannotTell(f"of a signature or token as {source.sender.id} sends it, nothing is kept") from error
            continue
        print(printable(f"yes: {reference} has signed this delivery of the source {source.name}"))
        return 0
    return _say(f"no: {why}", in_words(why))


def _values(source: Source, options: argparse.Namespace) -> list[tuple[str, str]]:
    """The secrets to try, as pairs of reference and value. Raises ConfigurationError."""
    stores = open_secrets(options)
    try:
        return [
            (reference.reference, value)
            for reference in source.secrets
            for value in dict.fromkeys(stores.resolve(reference.reference))
        ]
    except KeyError as error:
        raise secret_missing(source, options, error) from error
    except ValueError as error:
        raise ConfigurationError(options.hooks.name, f"sources.{source.name}", str(error)) from error


def _kept(found: Delivery, body: bytes, source: Source) -> Kept:
    signature = source.sender.signature_header
    headers = tuple(pair for pair in found.headers if not signature or pair[0] != signature)
    mark = dict(found.headers).get(signature) if signature else None
    at, apart = int(found.at.timestamp()), 0
    if words := _APART.search(found.detail or ""):
        apart = int(words[1]) * (1 if words[2] == "before" else -1)
    return Kept(Request("POST", found.path or "/", "", headers, body, ""), mark, at, apart)


def _say(verdict: str, words: str) -> int:
    print(printable(f"{verdict}\n{words}", keep="\n"))
    return ENDED_BADLY
