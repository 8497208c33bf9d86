"""P3: killed at any point, a conversation goes on where it was, and no recorded call is made again."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

STORES = ("store.db", "run.jsonl")


class Nursery:
    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.survival.nursery"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, **order: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        assert "error" not in answer, (order, answer)
        return answer

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        assert self._process.wait(30) == 0


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    nursery = Nursery()
    yield nursery
    nursery.close()


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
