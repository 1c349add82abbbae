"""What of a text is the secret: the same wherever it is kept."""

from __future__ import annotations


def secret_in(text: str) -> str:
    """The text without the line break that editors and ``echo`` put behind it; "" if nothing else is in it.

    Raises ValueError, in words that show nothing of it, for other white space at an end: it belongs to no sender's
    secret, and would make every signature wrong.
    """
    value = text.removesuffix("\n").removesuffix("\r")
    if value != value.strip():
        raise ValueError("begins or ends with white space; only one line break at its end is left out")
    return value


def secret_of(reference: str, text: str) -> str:
    """The secret in what a reference gave. Raises KeyError in words that show nothing of it."""
    try:
        value = secret_in(text)
    except ValueError as error:
        raise KeyError(f"{reference} {error}") from None
    if not value:
        raise KeyError(f"{reference} is empty")
    return value
