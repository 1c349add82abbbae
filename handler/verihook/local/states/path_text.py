"""A text that is read from left to right: the part that paths, filters and intrinsic functions share."""

from __future__ import annotations

import re

_SPACE = re.compile(r"\s*")


class PathText:
    """``text`` with a place in it. What does not fit raises ValueError."""

    def __init__(self, text: str, at: int = 0) -> None:
        self.text = text
        self.at = at

    @property
    def rest(self) -> str:
        """What is still to be read."""
        return self.text[self.at :]

    @property
    def ended(self) -> bool:
        """Whether all is read."""
        return self.at >= len(self.text)

    def take(self, wanted: str) -> bool:
        """Whether this comes next; it is then read."""
        if not self.text.startswith(wanted, self.at):
            return False
        self.at += len(wanted)
        return True

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Read what the pattern matches here, if it does."""
        if found := pattern.match(self.text, self.at):
            self.at = found.end()
        return found

    def space(self) -> None:
        """Skip white space."""
        self.match(_SPACE)

    def expect(self, wanted: str) -> None:
        """Read this, after white space. Raises ValueError if it does not come."""
        self.space()
        if not self.take(wanted):
            raise ValueError(f"{wanted} is missing at character {self.at} of {self.text}")

    def quoted(self) -> str:
        """Read a text in quotes, in which a backslash hides a quote of the same kind, or another backslash."""
        self.space()
        mark = self.text[self.at : self.at + 1]
        if mark not in {"'", '"'}:
            raise ValueError(f"a quoted text is missing at character {self.at} of {self.text}")
        read: list[str] = []
        at = self.at + 1
        while at < len(self.text):
            if self.text[at] == mark:
                self.at = at + 1
                return "".join(read)
            at += self.text[at] == "\\" and self.text[at + 1 : at + 2] in {mark, "\\"}
            read.append(self.text[at : at + 1])
            at += 1
        raise ValueError(f"a quoted text has no end: {self.text}")

    def quoted_names(self) -> list[str]:
        """Read quoted texts between commas."""
        names = [self.quoted()]
        self.space()
        while self.take(","):
            names.append(self.quoted())
            self.space()
        return names
