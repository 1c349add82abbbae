"""What every store of payloads takes."""

from __future__ import annotations

import re

from verihook.errors import PayloadsUnavailable

#: ``INSTANCE/SHA256``: an instance id and the digest of the text.
KEY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,63}/[0-9a-f]{64}", re.ASCII)

#: The first half of a key.
INSTANCE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,63}", re.ASCII)

#: The most that is read, in bytes of UTF-8: twice what a Lambda function takes or gives (6 MB).
MAX_BYTES = 12_582_912


def too_large() -> PayloadsUnavailable:
    """For a text that nobody of ours kept."""
    return PayloadsUnavailable(f"The payload is larger than {MAX_BYTES} bytes.")
