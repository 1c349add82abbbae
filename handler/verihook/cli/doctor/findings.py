"""What the doctor says: findings, each with its mend."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

#: ``fault``: deliveries are lost, refused or stuck, or will be once they come. ``warning``: they will be, at a time, or
#: after one more mistake. ``untried``: it could not be looked at, and the mend says what would let it be.
Severity = Literal["fault", "warning", "untried"]

#: The worst first.
SEVERITIES: tuple[Severity, ...] = ("fault", "warning", "untried")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it has to be.

    ``check``: the kind of what was looked at, such as ``secrets``; ``subject``: which one, such as a source's name;
    ``what``: what is wrong, in words; ``mend``: what to do. No text holds a secret. ``file``: in which it is, if it is
    in one; then ``subject`` is the key, or the path in the document.
    """

    severity: Severity
    check: str
    subject: str
    what: str
    mend: str
    file: str = ""

    def public(self) -> dict[str, str]:
        """The finding as ``--json`` prints it."""
        return {
            "severity": self.severity,
            "check": self.check,
            "subject": self.subject,
            "what": self.what,
            "mend": self.mend,
            **({"file": self.file} if self.file else {}),
        }


def fault(check: str, subject: str, what: str, mend: str, file: str = "") -> Finding:
    """Return a fault."""
    return Finding("fault", check, subject, what, mend, file)


def warning(check: str, subject: str, what: str, mend: str, file: str = "") -> Finding:
    """Return a warning."""
    return Finding("warning", check, subject, what, mend, file)


def untried(check: str, subject: str, what: str, mend: str) -> Finding:
    """Return what could not be looked at."""
    return Finding("untried", check, subject, what, mend)


def sorted_findings(found: Iterable[Finding]) -> list[Finding]:
    """Return the findings, each once, the worst first and otherwise in their order."""
    return sorted(dict.fromkeys(found), key=lambda each: SEVERITIES.index(each.severity))
