"""Every official library: those of ``make signers``, and with ALL=1 those that take minutes to install, too."""

from __future__ import annotations

import os

from tests.signers.asymmetric import ASYMMETRIC
from tests.signers.library import Library
from tests.signers.node_all import NODE_ALL
from tests.signers.node_libraries import NODE
from tests.signers.symmetric import SYMMETRIC
from tests.signers.tokens import TOKENS

QUICK = [*SYMMETRIC, *ASYMMETRIC, *TOKENS, *NODE]

EVERY = [*QUICK, *NODE_ALL]

#: Those that are tried, by their names.
LIBRARIES: dict[str, Library] = {
    library.name: library for library in (EVERY if os.environ.get("VERIHOOK_ALL_SIGNERS") else QUICK)
}
