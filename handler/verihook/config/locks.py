"""Reads ``allow_ips`` and ``client_certificates`` of a source, and what a sender publishes of its networks."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from verihook.config.table_reader import Reader
from verihook.model.lock import BY_FINGERPRINT, Lock, Networks, PublishedList
from verihook.senders import FOLDER

#: What senders publish, one file a sender: ``networks``, the ``page`` that has them, the day on which they were
#: ``read``, and for how many ``days`` they may refuse anything.
PUBLISHED = FOLDER / "networks"

#: What stands in allow_ips for the networks that the source's sender publishes.
OF_THE_SENDER = "sender"

#: How many networks a source may name.
MOST_NETWORKS = 1000

_FINGERPRINT = re.compile(rf"{BY_FINGERPRINT}[0-9a-f]{{64}}", re.ASCII)


def read_lock(reader: Reader, sender_id: str) -> Lock:
    """Return the lock of a source that has one of the keys. ``sender_id``: its sender. Raises ConfigurationError."""
    texts = (OF_THE_SENDER,) if reader.table.get("allow_ips") == OF_THE_SENDER else reader.strings("allow_ips")
    if "allow_ips" in reader.table and not texts:
        raise reader.error("allow_ips", 'name at least one network, or "sender"; leave it out to take all')
    own = [text for text in texts if text != OF_THE_SENDER]
    if len(own) > MOST_NETWORKS:
        raise reader.error("allow_ips", f"must be {MOST_NETWORKS} at most")
    try:
        networks = Networks.of(own) if own else None
    except ValueError as error:
        raise reader.error("allow_ips", str(error)) from error
    published = None
    if OF_THE_SENDER in texts:
        try:
            published = published_list(sender_id, reader.path.parent)
        except KeyError:
            known = ", ".join(sorted(path.stem for path in PUBLISHED.glob("*.toml")))
            mend = f"name networks; it knows those that {known} publish, and networks/{sender_id}.toml beside this file"
            raise reader.error("allow_ips", f"Verihook knows none of {sender_id}; {mend}") from None
        except ValueError as error:
            raise reader.error("allow_ips", f"networks/{sender_id}.toml: {error}") from error
    return Lock(networks, published, frozenset(_certificates(reader)))


def published_list(sender_id: str, folder: Path) -> PublishedList:
    """Return what the sender publishes: of ``networks/`` in ``folder`` if it is there, else of this package.

    Raises KeyError if there is none, ValueError in words if it is wrong.
    """
    own, ours = folder / "networks" / f"{sender_id}.toml", PUBLISHED / f"{sender_id}.toml"
    path = next((path for path in (own, ours) if path.is_file()), None)
    if path is None:
        raise KeyError(sender_id)
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    day, days, networks = table.get("read"), table.get("days"), table.get("networks")
    # A date alone: a datetime is one, too.
    if type(day) is not date or type(days) is not int or not isinstance(networks, list) or not networks:
        raise ValueError("needs read = 2026-11-30, days = 120 and networks = [...]")
    end = datetime.combine(day + timedelta(days=days), time(), UTC)
    made, page = Networks.of(map(str, networks)), str(table.get("page", ""))
    return PublishedList(sender_id, day.isoformat(), int(end.timestamp()), made, page)


def _certificates(reader: Reader) -> list[str]:
    named = reader.strings("client_certificates")
    if "client_certificates" in reader.table and not named:
        raise reader.error("client_certificates", "name at least one, or leave it out")
    found = []
    for each in named:
        text = each.replace(":", "").lower().replace("sha256", BY_FINGERPRINT, 1) if _is_fingerprint(each) else each
        if _is_fingerprint(each) and not _FINGERPRINT.fullmatch(text):
            raise reader.error("client_certificates", f"{each[:80]!r}: write sha256: and 64 hexadecimal digits")
        if not _is_fingerprint(each) and "=" not in each:
            raise reader.error("client_certificates", f"{each[:80]!r}: write a subject (CN=...) or sha256:...")
        found.append(text)
    return found


def _is_fingerprint(text: str) -> bool:
    return text.lower().startswith(BY_FINGERPRINT)
