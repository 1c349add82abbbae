"""What every store of payloads promises (``verihook.model.ports.Payloads``).

An adapter's tests subclass PayloadsContract.

A subclass supplies the fixtures ``payloads`` and ``unreachable``, a store whose far side does not answer.
"""

from __future__ import annotations

import hashlib
from functools import partial

import pytest

from tests.contracts.instances import at_once
from verihook.adapters.payloads.bounds import MAX_BYTES
from verihook.errors import PayloadsUnavailable
from verihook.instances import payload
from verihook.model.ports import Payloads

TEXTS = ["{}", '"' + "x" * 6_000_000 + '"', '["é", "\U0001f4a5", "\\ud800", "\u2028"]', "", "\r\n \x00"]
DIGEST = "0" * 64


def key_of(text: str, instance_id: str = "an_instance-1") -> str:
    return f"{instance_id}/{hashlib.sha256(text.encode()).hexdigest()}"


class PayloadsContract:
    """The promises, for every store."""

    @pytest.fixture
    def payloads(self) -> Payloads:
        raise NotImplementedError

    @pytest.fixture
    def unreachable(self) -> Payloads:
        raise NotImplementedError

    @pytest.mark.parametrize("text", TEXTS, ids=["empty object", "6 MB", "characters", "nothing", "control"])
    def test_a_text_comes_back_as_it_went(self, payloads: Payloads, text: str) -> None:
        payloads.put(key_of(text), text)
        assert text == payloads.get(key_of(text))

    def test_the_largest_output_comes_back_and_what_would_not_is_not_taken(self, payloads: Payloads) -> None:
        assert payloads.max_output <= MAX_BYTES
        for size in {payloads.max_output, MAX_BYTES}:
            text = "x" * size
            payloads.put(key_of(text), text)
            assert text == payloads.get(key_of(text))
        text += "x"
        with pytest.raises(PayloadsUnavailable, match="larger"):
            payloads.put(key_of(text), text)

    def test_the_same_again_changes_nothing(self, payloads: Payloads) -> None:
        for _ in range(3):
            payloads.put(key_of("{}"), "{}")
        assert "{}" == payloads.get(key_of("{}"))

    def test_texts_of_an_instance_and_of_others_are_apart(self, payloads: Payloads) -> None:
        texts = {key_of(text, instance_id): text for text in ("1", "2") for instance_id in ("a", "a_b", "A-1")}
        for key, text in texts.items():
            payloads.put(key, text)
        payloads.remove_all("a")
        gone = {key_of("1", "a"): None, key_of("2", "a"): None}
        assert texts | gone == {key: payloads.get(key) for key in texts}

    def test_what_is_not_there_is_none_and_goes_quietly(self, payloads: Payloads) -> None:
        assert payloads.get(key_of("{}")) is None
        payloads.remove_all("an_instance-1")
        payloads.put(key_of("{}"), "{}")
        payloads.remove_all("an_instance-1")
        payloads.remove_all("an_instance-1")
        assert payloads.get(key_of("{}")) is None

    @pytest.mark.parametrize(
        "key",
        [
            *("", "a", "a/", "a/../../x", DIGEST, f"/{DIGEST}", f"../{DIGEST}", f"a/../b/{DIGEST}", f"a/{DIGEST}/"),
            *(f"a/{DIGEST}\n", f"a\x00/{DIGEST}", f"a b/{DIGEST}", f"a/{DIGEST[:-1]}", f"a/{'g' * 64}"),
            f"{'a' * 65}/{DIGEST}",
        ],
    )
    def test_what_is_no_key_leads_nowhere(self, payloads: Payloads, key: str) -> None:
        with pytest.raises(ValueError, match="INSTANCE/SHA256"):
            payloads.put(key, "{}")
        assert payloads.get(key) is None

    @pytest.mark.parametrize("instance_id", ["", ".", "..", "a/b", "a/", "/", "a\x00", "a" * 65, ".unfinished"])
    def test_what_is_no_instance_takes_nothing_away(self, payloads: Payloads, instance_id: str) -> None:
        payloads.put(key_of("{}", "a"), "{}")
        payloads.remove_all(instance_id)
        assert "{}" == payloads.get(key_of("{}", "a"))

    def test_many_at_once(self, payloads: Payloads) -> None:
        texts = {key_of(str(number % 4), "shared"): str(number % 4) for number in range(16)}
        at_once([partial(payloads.put, key, text) for key, text in texts.items() for _ in range(3)])
        assert texts == {key: payloads.get(key) for key in texts}

    def test_a_put_and_a_remove_at_once_leave_whole_texts(self, payloads: Payloads) -> None:
        key = key_of("2", "shared")
        for _ in range(10):
            payloads.put(key_of("1", "shared"), "1")
            at_once([partial(payloads.remove_all, "shared"), partial(payloads.put, key, "2")])
            assert payloads.get(key) in (None, "2")
            payloads.put(key, "2")
            assert "2" == payloads.get(key)

    def test_the_base_and_a_key_are_the_address(self, payloads: Payloads) -> None:
        assert payloads.base.endswith("/")
        text = '"' + "é" * 200 + '"'
        reference = payload.store_if_large(text, "é" * 200, "an_instance-1", 100, payloads)
        assert f"{payloads.base}{key_of(text)}" in reference
        assert text == payload.load(reference, payloads)

    def test_a_store_that_does_not_answer_is_unavailable(self, unreachable: Payloads) -> None:
        with pytest.raises(PayloadsUnavailable):
            unreachable.put(key_of("{}"), "{}")
        with pytest.raises(PayloadsUnavailable):
            unreachable.get(key_of("{}"))
        with pytest.raises(PayloadsUnavailable):
            unreachable.remove_all("an_instance-1")
