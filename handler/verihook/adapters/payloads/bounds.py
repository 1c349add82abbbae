"""The limits of every store of payloads: the form of its keys, and sizes."""

from __future__ import annotations

import re

from verihook.errors import PayloadsUnavailable
from verihook.model.instance import INSTANCE_ID

#: ``INSTANCE/SHA256``: an instance id and the digest of the text.
KEY = re.compile(rf"{INSTANCE_ID.pattern}/[0-9a-f]{{64}}", re.ASCII)

#: The most that is read, in bytes of UTF-8: twice what a Lambda function takes or gives (6 MB).
MAX_BYTES = 12_582_912

#: The largest output that can be read again in AWS, in bytes of UTF-8: half of what a Lambda function answers (6 MB),
#: as a quote in the answer's body takes two bytes on the way.
#: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html#function-configuration-deployment-and-execution
MAX_ANSWERED = 3_000_000


def too_large() -> PayloadsUnavailable:
    """Return the error for a text of more bytes, which no store was given: inputs and outputs are smaller."""
    return PayloadsUnavailable(f"The payload is larger than {MAX_BYTES} bytes.")
