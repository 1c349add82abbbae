"""A deployment for tests: the shipped sources and more, over the shipped state machines."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]

SECRET = "s3cret"
OLD_SECRET = "0ld-s3cret"
STANDARD_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

VARIABLES = {
    "ORDERS_WEBHOOK_SECRET": SECRET,
    "OLD_WEBHOOK_SECRET": OLD_SECRET,
    "GITHUB_WEBHOOK_SECRET": "github secret",
    "STRIPE_WEBHOOK_SECRET": "whsec_stripe",
    "SLACK_SIGNING_SECRET": "slack secret",
    "STANDARD_WEBHOOK_SECRET": STANDARD_SECRET,
}

MORE = """
[sources.filtered]
sender = "generic"
secrets = ["env:ORDERS_WEBHOOK_SECRET"]
workflow = "order-created"
types = ["order.*", "exact"]

[sources.selected]
sender = "github"
secrets = ["env:ORDERS_WEBHOOK_SECRET"]
workflow = "order-created"
types = ["pull_request.opened", "push"]
when = "length(items) > `0`"
transform = "{orderId: pull_request.id, items: items[?quantity > `0`].{quantity: quantity, price: price}}"

[sources.echoed]
sender = "generic"
event = {}
secrets = ["env:ORDERS_WEBHOOK_SECRET"]
workflow = "echo"
body = "raw"

[sources.batches]
sender = "generic"
event = { each = "events", id = { json = "id" }, type = { json = "type" } }
secrets = ["env:ORDERS_WEBHOOK_SECRET"]
workflow = "order-created"
types = ["order.*"]

[sources.lines]
sender = "generic"
event = { each = ".", id = { json = "id" } }
body = "ndjson"
secrets = ["env:ORDERS_WEBHOOK_SECRET"]
workflow = "echo"

[sources.xml]
sender = "generic"
event = { id = { json = "order.@id" } }
secrets = ["env:ORDERS_WEBHOOK_SECRET"]
workflow = "echo"
body = "xml"

[sources.queried]
event = { id = { json = "id" } }
secrets = ["env:ORDERS_WEBHOOK_SECRET"]
workflow = "echo"
body = "query"
[sources.queried.signature]
scheme = "token"
header = "X-Token"

[sources.in-order]
sender = "generic"
secrets = ["env:ORDERS_WEBHOOK_SECRET"]
workflow = "in-order"
ordering = "orderId"

[workflows.in-order]
engine = "stepfunctions"
definition = "order-created"

[sources.both]
sender = "generic"
secrets = ["env:ORDERS_WEBHOOK_SECRET"]
workflow = "order-created"
workflows = ["order-log", "slow"]

[sources.rotated]
sender = "generic"
secrets = ["env:ORDERS_WEBHOOK_SECRET", "env:OLD_WEBHOOK_SECRET"]
workflow = "order-created"

[sources.rejecting]
sender = "generic"
secrets = ["env:ORDERS_WEBHOOK_SECRET"]
workflow = "order-created"
duplicates = "reject"

[sources.restarting]
sender = "generic"
secrets = ["env:ORDERS_WEBHOOK_SECRET"]
workflow = "slow"
duplicates = "restart"

[sources.impatient]
sender = "slack"
reply = { body = "json" }
secrets = ["env:SLACK_SIGNING_SECRET"]
workflow = "order-created"

[sources.forms]
sender = "github"
secrets = ["env:ORDERS_WEBHOOK_SECRET"]
workflow = "order-created"

[sources.guarded]
sender = "github"
secrets = ["env:GITHUB_WEBHOOK_SECRET"]
workflow = "order-created"
replays = "refuse"

[sources.small]
sender = "generic"
secrets = ["env:ORDERS_WEBHOOK_SECRET"]
workflow = "order-created"
max_body = 300

[sources.logged]
sender = "generic"
secrets = ["env:ORDERS_WEBHOOK_SECRET"]
workflow = "order-log"
max_body = 6_000_000

[sources.approved]
sender = "generic"
secrets = ["env:ORDERS_WEBHOOK_SECRET"]
workflow = "order-approval"
max_body = 6_000_000

[sources.draft]
sender = "generic"
secrets = ["env:ORDERS_WEBHOOK_SECRET"]
workflow = "not-yet"

[sources.inline]
secrets = ["env:ORDERS_WEBHOOK_SECRET"]
workflow = "private"
[sources.inline.signature]
scheme = "hmac"
header = "X-Acme-Signature"
encoding = "base64"
algorithm = "sha512"

[workflows.echo]
engine = "function"
definition = "echo"
public_output = true

[workflows.not-yet]
engine = "stepfunctions"
definition = "order-created"
status = "draft"

[workflows.private]
engine = "stepfunctions"
definition = "order-created"

[workflows.slow]
engine = "stepfunctions"
definition = "slow"
public_output = true
"""

#: Waits as many seconds as its input says, then gives its input back.
SLOW = """{"StartAt": "Wait", "States": {
  "Wait": {"Type": "Wait", "SecondsPath": "$.seconds", "Next": "Done"}, "Done": {"Type": "Pass", "End": true}}}"""

#: Gives back its event.
ECHO = """
def run(event, context):
    return event
"""


def write(folder: Path) -> Path:
    """Lay the deployment out in ``folder`` as a checkout has it; returns the path of its hooks.toml."""
    machines = folder / "infra" / "workflows"
    machines.mkdir(parents=True)
    for path in (ROOT / "infra" / "workflows").glob("*.asl.json"):
        (machines / path.name).write_bytes(path.read_bytes())
    (machines / "slow.asl.json").write_text(SLOW)
    handler = folder / "handler"
    (handler / "workflows").mkdir(parents=True)
    for path in (ROOT / "handler" / "workflows").iterdir():
        if path.is_file():
            (handler / "workflows" / path.name).write_bytes(path.read_bytes())
    (handler / "workflows" / "echo.py").write_text(ECHO)
    hooks = handler / "hooks.toml"
    hooks.write_text((ROOT / "handler" / "hooks.toml").read_text() + MORE)
    return hooks
