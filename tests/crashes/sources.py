"""The sources and workflows of the world, as hooks.toml has them."""

from __future__ import annotations

QUEUE = "arn:aws:sqs:eu-central-1:123456789012:orders"

#: A sender without event ids.
WITHOUT_ID = 'scheme = "hmac"\nheader = "X-Signature"'

#: The id of an event in a header, which the signature does not cover.
UNSIGNED_ID = 'event = { id = { header = "X-Event" }, type = { json = "type" } }'

HOOKS = """
[sources.{name}]
secrets = ["env:ORDERS_WEBHOOK_SECRET"]
workflow = "{workflow}"
{more}
"""

#: Sources by name: the workflow, and what else the source says.
SOURCES = {
    "stepfunctions": ("machine", ""),
    "durable": ("durable", ""),
    "function": ("function", ""),
    "restart": ("machine", 'duplicates = "restart"'),
    "restart-function": ("function", 'duplicates = "restart"'),
    "reject": ("machine", 'duplicates = "reject"'),
    "changed": ("machine", 'changed = "reject"'),
    "by-body": ("machine", f"by_body = true\n[sources.by-body.signature]\n{WITHOUT_ID}"),
    "no-id": ("machine", f"[sources.no-id.signature]\n{WITHOUT_ID}"),
    "captured": ("machine", UNSIGNED_ID),
    "guarded": ("machine", f'replays = "refuse"\n{UNSIGNED_ID}'),
    "batch": ("machine", 'event = { each = "events", id = { json = "id" } }'),
    "batch-function": ("function", 'event = { each = "events", id = { json = "id" } }'),
    "queue": ("machine", f'feed = "{QUEUE}"'),
    "queue-function": ("function", f'feed = "{QUEUE}"'),
}

#: Of a source whose events go to an order that runs: the one with this label.
RESUME = """[sources.{name}.resume]
workflow = "{workflow}"
event = "paid"
match = {{ "metadata.order" = "orderId" }}
else = "{otherwise}"
"""

#: Such sources, by name: which workflow they resume, what becomes of an event that no order is there for.
RESUMING = {
    "pays-machine": ("machine", "start"),
    "pays-durable": ("durable", "start"),
    "holds": ("machine", "hold"),
    "ignores": ("machine", "ignore"),
}
SOURCES |= {
    name: ("function", RESUME.format(name=name, workflow=workflow, otherwise=otherwise))
    for name, (workflow, otherwise) in RESUMING.items()
}

WORKFLOWS = """
[workflows.machine]
engine = "stepfunctions"
definition = "machine"
[workflows.durable]
engine = "durable"
definition = "durable"
[workflows.function]
engine = "function"
definition = "function"
timeout_s = 5
"""
