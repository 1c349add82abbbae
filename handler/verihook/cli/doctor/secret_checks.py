"""The secrets of sources: whether each can be read and used, and when each ends."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from verihook.adapters.aws.errors import ServiceError
from verihook.cli.aws import DENIED
from verihook.cli.doctor.findings import Finding, fault, untried, warning
from verihook.config import Hooks
from verihook.errors import ConfigurationError, SecretsUnavailable
from verihook.model.instance import iso
from verihook.model.ports import RotatingSecrets
from verihook.model.source import Source
from verihook.verification import keyrings

CHECK = "secrets"

#: How long before its end a secret is worth a warning, in seconds: a week.
SOON_S = 7 * 86_400


def secrets_in_use(
    hooks: Hooks, secrets: RotatingSecrets, now_s: int, made: Collection[str], put: str, without: str
) -> Iterator[Finding]:
    """Yield what is wrong with the secret of each source.

    ``made``: the variables whose values Verihook invented for a trial. ``put``: how an operator sets a value, with NAME
    in the place of its name. ``without``: what happens as long as there is none. ``now_s`` in seconds since the epoch.
    """
    reported: list[tuple[str, BaseException]] = []
    try:
        keyrings(hooks, secrets, lambda where, error: reported.append((where, error)), now_s)
    except ConfigurationError as wrong:
        yield fault(CHECK, wrong.key, str(wrong), f"change {wrong.file}")
    # A store that has not answered is not asked again at once, and fails without a cause: one finding is enough.
    causes = [error for _, error in reported if isinstance(error, SecretsUnavailable) and error.__cause__]
    for where, error in reported:
        if isinstance(error, SecretsUnavailable) and causes and not error.__cause__:
            continue
        yield _unusable(where.removeprefix("secrets of "), error, put, without)
    for name, source in hooks.sources.items():
        yield from _token(name, source, secrets, put)
        yield from _dates(name, source, now_s)
        for secret in source.secrets:
            variable = secret.reference.removeprefix("env:")
            if variable in made:
                yield warning(
                    CHECK,
                    name,
                    f"{secret.reference} was made here for a trial, so no sender signs with it",
                    f"set the sender's own: {put.replace('NAME', variable)}",
                )


def _unusable(where: str, error: BaseException, put: str, without: str) -> Finding:
    """Return the finding of what a keyring has reported. ``where``: ``SOURCE``, or ``SOURCE: REFERENCE``."""
    name, _, reference = where.partition(": ")
    cause = error.__cause__
    if isinstance(cause, ServiceError) and cause.code in DENIED:
        what = f"{reference or 'its secret'}: these credentials may not read it ({cause.code})"
        return untried(CHECK, name, what, "run the doctor with credentials that may: secretsmanager:GetSecretValue")
    words = str(error.args[0]) if isinstance(error, KeyError) else str(error)
    if isinstance(error, SecretsUnavailable):
        words = f"{reference}: {cause or error}"
        return fault(CHECK, name, words, "the store has to answer: look at its name, region and rights")
    variable = reference.removeprefix("env:") if reference.startswith("env:") else "NAME"
    mend = f"{put.replace('NAME', variable)}; {without}"
    return fault(CHECK, name, words.partition("; put it")[0], mend)


def _token(name: str, source: Source, secrets: RotatingSecrets, put: str) -> Iterator[Finding]:
    token = source.parameters.get("verify_token")
    if not token:
        return
    try:
        secrets.resolve(token)
    except KeyError as error:
        what = f"the verify token of its handshake: {str(error.args[0]).partition('; put it')[0]}"
        yield fault("handshakes", name, what, put.replace("NAME", token.removeprefix("env:")))
    except SecretsUnavailable as error:
        what = f"the verify token of its handshake cannot be read: {error.__cause__ or error}"
        yield untried("handshakes", name, what, "let the store answer, and run the doctor again")


def _dates(name: str, source: Source, now_s: int) -> Iterator[Finding]:
    lasting = [secret for secret in source.secrets if secret.until_s is None]
    for secret in source.secrets:
        if secret.until_s is None:
            continue
        at = iso(secret.until_s * 1000)
        others = lasting or [each for each in source.secrets if (each.until_s or 0) > secret.until_s]
        if secret.live(now_s):
            if not others and secret.until_s - now_s < SOON_S:
                what = f"{secret.reference} is the last one that verifies, and ends {at}"
                yield warning(
                    "rotation", name, what, "put the next secret before it, docs/rotation.md says in which order"
                )
        elif not others:
            what = f"every secret has ended, {secret.reference} at {at}: all its deliveries are refused"
            yield fault("rotation", name, what, "put the present secret first, without until")
        else:
            what = f"{secret.reference} has ended {at} and verifies nothing"
            yield warning("rotation", name, what, "take it out of hooks.toml")
