"""Every sender: what it sends first, a good delivery, the same bytes again, the same event with a new timestamp.

Over HTTP and as a Lambda event. The expectations of those that are used most stand in expectations.py; those of the
others follow from their files.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.flows.every_sender.expectations import EXPECTED, MOST_USED, RANKED, Expected
from tests.flows.every_sender.first import PINGS, REQUESTS, first_of
from tests.flows.every_sender.keys import PAIRED, playable
from tests.flows.every_sender.rig import Played
from verihook.senders import load_sender, sender_ids, sender_table

#: Those whose deliveries carry several events; pairing is once.
SPLIT = [sender for sender in playable() if sender not in PAIRED and load_sender(sender).places.each]

Play = Callable[[str], Played]


def expected_of(sender: str) -> Expected:
    """What follows from the sender's file."""
    known = load_sender(sender)
    places, form = known.places, known.reply
    status, quiet = (form.status, form.body == "none") if form else (200, False)
    tells = bool(places.id or places.envelope or places.unique is not None)
    good, again = (f"{status} {word}{', no body' if quiet else ''}" for word in ("new", "known" if tells else "new"))
    return Expected("", ("200 ignored",) * (sender in PINGS), good, again, again)


@pytest.mark.parametrize("sender", playable())
def test_its_deliveries(play: Play, sender: str) -> None:
    played, expected = play(sender), EXPECTED.get(sender) or expected_of(sender)
    assert list(expected.first) == [played.told(request, body) for request, body in first_of(played)]
    assert [] == played.ids, "what it sends first has started an instance"
    good = played.signed(played.sample())
    # Signed a second later.
    restamped = played.signed(played.sample(), age_s=1)
    told = [played.told(request) for request in (good, good, restamped)]
    assert [expected.good, expected.again, expected.restamped] == told
    assert (1 if "known" in expected.again else 3) == len(played.ids)


@pytest.mark.parametrize("sender", SPLIT)
def test_a_delivery_of_several_events_is_known_by_its_body(play: Play, sender: str) -> None:
    """A source with ``each = true``: what comes again is the delivery that is known, however it is signed."""
    played = play(sender)
    played.source = f"{sender}-each"
    quiet = ", no body" if sender == "xero" else ""
    told = [played.told(played.signed(played.sample(), age_s=age)) for age in (2, 2, 1)]
    assert [f"200 new{quiet}", f"200 known{quiet}", f"200 known{quiet}"] == told
    assert 1 == len(played.ids)


def test_every_sender_is_played() -> None:
    assert playable() == sender_ids(), "add its key to keys.py"


def test_the_expectations_of_those_that_are_used_most_are_not_read_from_their_files() -> None:
    assert [] == sorted({*RANKED, *MOST_USED} - {*EXPECTED})
    assert [] == [sender for sender, expected in EXPECTED.items() if not expected.page.startswith("https://")]


def test_what_is_said_of_the_first_request_is_what_is_sent() -> None:
    """A sender's file says how its first request is answered just if the test sends one."""
    answered = {sender for sender in playable() if "answer" in sender_table(sender).get("first", {})}
    assert {*REQUESTS, *PINGS} == answered
