"""Only ``make signers`` has the libraries, and it names this folder: a run that does not name it leaves it alone.

Named, nothing is skipped: a library that is missing fails the import.
"""

from __future__ import annotations

import pytest


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Leave this folder out of ``make test``."""
    return None if any("tests/signers" in argument for argument in config.invocation_params.args) else True
