"""The check that a text is not larger than an engine takes."""

from __future__ import annotations

from verihook.errors import EngineRefused


def check_size(text: str, most: int, what: str, taker: str) -> None:
    """Raise EngineRefused if ``text`` has more than ``most`` bytes of UTF-8.

    ``what`` and ``taker`` are for the error text, such as "input" and "Lambda".
    """
    if len(text.encode(errors="surrogatepass")) > most:
        raise EngineRefused(f"The {what} is larger than the {most} bytes that {taker} takes.")
