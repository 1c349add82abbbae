"""Which part of a stored text is the secret: one rule for all stores."""

from __future__ import annotations


def secret_in(text: str) -> str:
    """Return the text without the line break that editors and ``echo`` put at its end; "" if that is all of it.

    Raises ValueError, in words that show nothing of the secret, for other white space at either end: no sender's secret
    has any, and every signature would be wrong.
    """
    value = text.removesuffix("\n").removesuffix("\r")
    if value != value.strip():
        raise ValueError("begins or ends with white space; only one line break at its end is left out")
    return value


def secret_of(reference: str, text: str) -> str:
    """Return the secret in the text that a reference gave. Raises KeyError in words that show nothing of it."""
    try:
        value = secret_in(text)
    except ValueError as error:
        raise KeyError(f"{reference} {error}") from None
    if not value:
        raise KeyError(f"{reference} is empty")
    return value
