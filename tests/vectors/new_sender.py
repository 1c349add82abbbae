"""Writes the two files of a sender, to be filled in: ``python -m tests.vectors.new_sender acme``.

Nothing else has to be touched: the tests, the table of senders and ``verihook senders`` find the files by themselves.
The new cases fail until they are filled in. Exit codes: 0 written, 2 not.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)

SENDER = """\
# How NAME is verified. docs/senders.md tells every step, docs/configuration.md every key of signature.

title = "NAME"
documentation = ""          # the https page that describes the signature
read = 1970-01-01           # when you read it
evidence = "unchecked"      # "documented" (its page was read), "official-vector" (its example), "official-library"

[signature]
scheme = "hmac"             # most senders; `grep -h ^scheme handler/verihook/senders/*.toml | sort -u` shows the others
header = "X-Signature"      # the header with the signature
algorithm = "sha256"        # sha1, sha256, sha512
encoding = "hex"            # hex, base64
# prefix = "sha256="        # what stands before the signature
# message = "{timestamp}.{body}"        # what is signed; default {body}
# timestamp_header = "X-Timestamp"      # the header with a signed timestamp

[event]
# The event's id must survive a redelivery. Leave it out if the sender has none: every delivery is then an event.
id = { json = "id" }        # or { header = "X-Event-Id" }
type = { json = "type" }

[delivery]
timeout_seconds = 10        # how long the sender waits for an answer; leave it out if it does not say
retries = ""                # how often, over how long
refusals = ""               # what it makes of 4xx, 410, 429

[first]
sends = "not known"         # what it sends when the URL is saved; answer = how that is answered, if anything comes
"""

# JSON has no comments; the runner passes over keys that it does not know.
CASES = """\
[
{
  "comment": "Fill in every value that is empty, from one published or captured delivery; then delete the comments.",
  "id": "NAME-1", "provider": "NAME", "scheme": "NAME", "kind": "published",
  "source": "",
  "secret": "",
  "method": "POST", "url": "",
  "headers": [["X-Signature", ""]],
  "body_base64": "",
  "now": 0, "valid": true
},
{
  "comment": "The same delivery with its body changed.",
  "id": "NAME-1--tampered", "provider": "NAME", "scheme": "NAME", "kind": "derived", "derived_from": "NAME-1",
  "mutation": "one byte appended to the body",
  "source": "",
  "secret": "",
  "method": "POST", "url": "",
  "headers": [["X-Signature", ""]],
  "body_base64": "",
  "now": 0, "valid": false, "reason": "signature mismatch"
}
]
"""


def main(arguments: Sequence[str]) -> int:
    """Write both files, or neither."""
    name = arguments[0] if len(arguments) == 1 else ""
    if not _NAME.fullmatch(name):
        said = f"{name!r} is no name" if name else "no name given"
        sys.stderr.write(f"new-sender: {said}: lower-case letters, digits, inner hyphens: make new-sender NAME=acme\n")
        return 2
    files = {
        ROOT / "handler" / "verihook" / "senders" / f"{name}.toml": SENDER,
        ROOT / "tests" / "vectors" / f"{name}.json": CASES,
    }
    there = [path.relative_to(ROOT) for path in files if path.exists()]
    if there:
        sys.stderr.write(f"new-sender: {there[0]}: is there already; nothing was written\n")
        return 2
    for path, text in files.items():
        path.write_text(text.replace("NAME", name), encoding="utf-8")
        sys.stdout.write(f"wrote {path.relative_to(ROOT)}\n")
    sys.stdout.write(f"Fill them in, then: make vectors DIR=tests/vectors/{name}.json\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
