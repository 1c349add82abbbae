"""Reads ``each`` of a source: whether a delivery that has several events becomes several instances."""

from __future__ import annotations

from collections.abc import Collection

from verihook.config.table_reader import Reader
from verihook.model.workflow import Workflow
from verihook.records import replace
from verihook.senders import Sender


def with_each(reader: Reader, sender: Sender, workflows: Collection[Workflow]) -> Sender:
    """Return the sender as the source wants it: it splits a delivery only if the source says so.

    The source says so by ``each = true``, or by ``each`` in an ``[event]`` table of its own. ``workflows``: those that
    it starts. Raises ConfigurationError.
    """
    own = "each" in reader.get("event", dict, {})
    if not reader.get("each", bool, own):
        return replace(sender, places=replace(sender.places, each=None))
    if sender.places.each is None:
        table = reader.full_key("event")
        mend = (
            f'nothing says which events a delivery has: write each = "PATH OF THE ARRAY" in [{table}], or leave it out'
        )
        raise reader.error("each", mend)
    if any(workflow.express for workflow in workflows):
        raise reader.error("each", "is not for an Express machine: its end is the answer to the sender")
    return sender
