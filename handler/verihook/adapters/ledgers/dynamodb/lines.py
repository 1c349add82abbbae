"""Lines, in which members wait for their turn: one row for each line, with the list of its members."""

from __future__ import annotations

from typing import Any

from verihook.adapters.ledgers.dynamodb.calls import Calls, translated_errors
from verihook.adapters.ledgers.item import Item, decode, encode
from verihook.model.conflict import Overtaken, retry_on_conflict
from verihook.model.ports import MOST_IN_LINE, Place

_JOIN = "SET members = list_append(if_not_exists(members, :none), :joining)"
_MAY_JOIN = "attribute_not_exists(members) OR (NOT contains(members, :member) AND size(members) < :most)"


class DynamoDbLines:
    """The part of :class:`verihook.model.ports.Documents` that keeps lines.

    A call whose answer is lost is made again by the client: it finds what the first one wrote, and changes nothing.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    @translated_errors
    def line_up(self, line: str, member: str, most: int) -> Place | None:
        """See :meth:`verihook.model.ports.Documents.line_up`. One UpdateItem; its refusal returns the line."""
        now: Item = {}

        def join(**request: Any) -> None:
            asked: dict[str, Any] = {"Key": _key(line), "UpdateExpression": _JOIN, "ReturnValues": "ALL_NEW"}
            answer: dict[str, Any] = {**self._calls.client.update_item(**request, **asked)}
            now.update(answer["Attributes"])

        values = {":member": encode(member), ":joining": encode((member,)), ":none": encode(())}
        standing = self._calls.conditionally(join, _MAY_JOIN, values | {":most": encode(MOST_IN_LINE)})
        return _place(_members(now if standing is None else standing), member, most)

    @translated_errors
    def place(self, line: str, member: str, most: int) -> Place | None:
        """See :meth:`verihook.model.ports.Documents.place`. One GetItem with ConsistentRead."""
        return _place(_members(self._calls.get(_key(line)) or {}), member, most)

    @translated_errors
    def step_out(self, line: str, member: str, most: int) -> str:
        """See :meth:`verihook.model.ports.Documents.step_out`.

        One DeleteItem if it is the only member; else that is refused and returns the line, and an UpdateItem follows.
        """
        members: tuple[str, ...] = (member,)

        def leave() -> str:
            nonlocal members
            if member not in members:
                return ""
            ahead = members.index(member)
            applied, members = self._forget(line, member) if len(members) == 1 else self._remove(line, member, ahead)
            if not applied:
                raise Overtaken
            return members[most - 1] if ahead < most <= len(members) else ""

        return retry_on_conflict(leave, "This line")

    def _forget(self, line: str, member: str) -> tuple[bool, tuple[str, ...]]:
        """Delete the line, if this is its only member. Return whether it was, and the members that there are now."""

        def forget(**request: Any) -> None:
            self._calls.client.delete_item(**request, Key=_key(line))

        standing = self._calls.conditionally(forget, "members = :alone", {":alone": encode((member,))})
        return standing is None, _members(standing or {})

    def _remove(self, line: str, member: str, number: int) -> tuple[bool, tuple[str, ...]]:
        """Remove the member, if it has this number. Return whether it had, and the members that there are now."""
        now: Item = {}

        def remove(**request: Any) -> None:
            update = f"REMOVE members[{number}]"
            asked: dict[str, Any] = {"Key": _key(line), "UpdateExpression": update, "ReturnValues": "ALL_NEW"}
            answer: dict[str, Any] = {**self._calls.client.update_item(**request, **asked)}
            now.update(answer["Attributes"])

        standing = self._calls.conditionally(remove, f"members[{number}] = :member", {":member": encode(member)})
        return standing is None, _members(now if standing is None else standing)


def _key(line: str) -> Item:
    return {"pk": encode(f"line#{line}"), "sk": encode("line")}


def _members(item: Item) -> tuple[str, ...]:
    return decode(item["members"]) if "members" in item else ()


def _place(members: tuple[str, ...], member: str, most: int) -> Place | None:
    if member not in members:
        return None
    ahead = members.index(member)
    return Place(ahead, members[ahead - 1] if ahead else "", members[:most])
