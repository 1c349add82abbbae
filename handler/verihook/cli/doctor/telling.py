"""How findings are printed, and the exit code that they have: the same for ``doctor`` and ``check``."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from verihook.adapters.printable import printable
from verihook.cli.doctor.findings import SEVERITIES, Finding, Severity, sorted_findings
from verihook.errors import ConfigurationError


def check_file(path: Path) -> None:
    """Raise ConfigurationError if there is no such hooks.toml."""
    if not path.exists():
        raise ConfigurationError(str(path), "", "there is no such file; --hooks FILE names it")


def tell(found: Iterable[Finding], hooks: Path, where: Mapping[str, str], *, as_json: bool, strict: bool) -> int:
    """Print the findings, the worst first, and return the exit code.

    ``hooks``: the hooks.toml that was read; ``where``: what was looked at besides; ``strict``: a warning is a fault,
    too.
    """
    told = sorted_findings(found)
    counts = {severity: sum(each.severity == severity for each in told) for severity in SEVERITIES}
    if as_json:
        print(
            json.dumps(
                {"hooks": str(hooks), **where, "counts": counts, "findings": [each.public() for each in told]}, indent=2
            )
        )
    else:
        _show(told, counts, hooks)
    return 1 if counts["fault"] or (strict and counts["warning"]) else 0


def _show(found: list[Finding], counts: Mapping[Severity, int], hooks: Path) -> None:
    for each in found:
        # A subject that is the file itself is not said twice.
        place = ": ".join(dict.fromkeys(part for part in (each.file, each.subject) if part))
        print(printable(f"{each.severity}: {each.check}: {place}: {each.what}"))
        print(printable(f"    {each.mend}"))
    told = ", ".join(
        f"{count} {word}{'' if count == 1 or word == 'untried' else 's'}" for word, count in counts.items() if count
    )
    end = f"{told or 'Nothing is wrong'}. Read: {hooks}"
    print(printable(end), file=sys.stderr if found else sys.stdout)
