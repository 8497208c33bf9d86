"""P3: killed at any point, a conversation goes on where it was, and no recorded call is made again."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from .asking import Nursery

STORES = ("store.db", "run.jsonl")


@pytest.fixture(scope="module")
def undisturbed(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("undisturbed")
    answer = nursery.ask(do="run", folder=str(folder), store="store.db")
    assert answer["visible"]["ends"] == [["done", "Mentions(text='DONE', by='coder')"]]
    return {**answer, "acts": len((folder / "acts").read_text().splitlines())}


def _dies_and_goes_on(
    nursery: Nursery, folder: Path, store: str, phase: str, point: int, expected: dict[str, Any]
) -> None:
    folder.mkdir()
    place = {"folder": str(folder), "store": store}
    assert nursery.ask(do="run", phase=phase, point=point, **place) == {"killed": True}, (phase, point)
    kept = nursery.ask(do="recorded", **place)["recorded"]
    acts = folder / "acts"
    before = Counter(acts.read_text().splitlines() if acts.exists() else [])
    after = nursery.ask(do="resume", **place)
    assert after["visible"] == expected["visible"], (phase, point)
    again = Counter(acts.read_text().splitlines()) - before
    made_again = [key for key in kept if again[key]]
    assert made_again == [], (phase, point)
    # every call happened once, but for the one whose result was lost with the process
    lost = sum(before.values()) - len(kept)
    assert sum(before.values()) + sum(again.values()) == expected["acts"] + lost, (phase, point)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("phase", ["before commit", "committed"])
def test_killed_around_the_commit_of_every_event(
    nursery: Nursery, undisturbed: dict[str, Any], tmp_path: Path, store: str, phase: str
) -> None:
    for seq in range(1, undisturbed["events"] + 1):
        _dies_and_goes_on(nursery, tmp_path / f"{seq}", store, phase, seq, undisturbed)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("phase", ["in the call", "not recorded"])
def test_killed_in_every_call(
    nursery: Nursery, undisturbed: dict[str, Any], tmp_path: Path, store: str, phase: str
) -> None:
    assert undisturbed["acts"] == 5
    for act in range(1, undisturbed["acts"] + 1):
        _dies_and_goes_on(nursery, tmp_path / f"{act}", store, phase, act, undisturbed)
