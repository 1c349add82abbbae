"""Members of a JSON body that a signature depends on."""

from __future__ import annotations

from verihook.errors import SignatureError


def member(content: object, path: tuple[str, ...]) -> object:
    """The value at a path of member names, None where there is none."""
    for name in path:
        if not isinstance(content, dict):
            return None
        content = content.get(name)
    return content


def text_member(content: object, path: tuple[str, ...], reason: str) -> str:
    """The ASCII text at a path; a whole number as its decimal digits. Raises SignatureError ``reason``."""
    value = member(content, path)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18:
        value = str(value)
    if not isinstance(value, str) or not value.isascii():
        raise SignatureError(reason)
    return value


def split_path(path: str) -> tuple[str, ...]:
    """A path as a sender's TOML writes it, ``signature.token``; () for ""."""
    return tuple(path.split(".")) if path else ()
