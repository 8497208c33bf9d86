"""Whatever is done to a conversation, and wherever its process is killed on the way, it comes out the same.

SQLite and JSONL, killed at a write and given the same command again, are held against memory, which nobody kills.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from agentchat.debug.replay import replay
from agentchat.stores.memory import MemoryStore

from .asking import Nursery
from .worlds import World, carry_out, visible

STORES = ("store.db", "run.jsonl")
ROOT = "c"
"""A JSONL file holds one conversation, so there is one, and its branches."""
deaths = st.none() | st.tuples(st.sampled_from(["before", "after"]), st.integers(1, 12))


def machine_with(nursery: Nursery) -> type[RuleBasedStateMachine]:
    class Machine(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.parents: dict[str, str] = {}
            self.memory = World(MemoryStore(), self.parents)
            self.folder = tempfile.TemporaryDirectory()
            self.ids: list[str] = []
            self.commands = 0

        def teardown(self) -> None:
            self.folder.cleanup()

        def do(self, death: tuple[str, int] | None, **command: Any) -> None:
            """One command in all worlds; killed on the way in the real ones, and then given again."""
            self.commands += 1
            begins = ROOT
            if command["do"] == "fork":
                begins = f"{ROOT}.{command['name']}"
                self.parents[begins] = command["id"]
            refused = anyio.run(carry_out, self.memory, command)
            if begins not in self.ids and refused is None:
                self.ids.append(begins)
            expected = {one: self.seen(one) for one in self.ids}
            for store in STORES:
                order = {"do": "world", "folder": self.folder.name, "store": store, "command": command}
                order |= {"look": self.ids, "parents": self.parents}
                answer: dict[str, Any] = {"killed": True}
                if death is not None:
                    answer = nursery.ask(**order, phase=death[0], write=death[1])
                if "killed" in answer:
                    answer = nursery.ask(**order)
                assert answer["problems"] == []
                assert answer["visible"] == expected, (store, command, death)

        def seen(self, id: str) -> Any:
            return json.loads(json.dumps(visible(anyio.run(self.memory.transcript, id))))

        def fresh(self) -> str:
            return f"m{self.commands}"

        @initialize(death=deaths)
        def run(self, death: tuple[str, int] | None) -> None:
            self.do(death, do="run", id=ROOT, task="begin")

        @rule(death=deaths, data=st.data(), value=st.sampled_from(["yes", "no"]))
        def answer(self, death: tuple[str, int] | None, data: st.DataObject, value: str) -> None:
            id = data.draw(st.sampled_from(self.ids))
            self.do(death, do="answer", id=id, value=value, command=self.fresh())

        @rule(death=deaths, data=st.data(), say=st.none() | st.sampled_from(["more", "again"]))
        def resume(self, death: tuple[str, int] | None, data: st.DataObject, say: str | None) -> None:
            id = data.draw(st.sampled_from(self.ids))
            self.do(death, do="resume", id=id, say=say, command=self.fresh())

        @rule(death=deaths, data=st.data())
        def interrupt(self, death: tuple[str, int] | None, data: st.DataObject) -> None:
            id = data.draw(st.sampled_from(self.ids))
            self.do(death, do="interrupt", id=id, command=self.fresh())

        @rule(
            death=deaths,
            data=st.data(),
            at=st.floats(0, 1),
            say=st.none() | st.just("otherwise"),
            edit=st.booleans(),
        )
        def fork(
            self, death: tuple[str, int] | None, data: st.DataObject, at: float, say: str | None, edit: bool
        ) -> None:
            id = data.draw(st.sampled_from(self.ids))
            self.do(death, do="fork", id=id, at=at, name=f"b{self.commands}", say=say, edit=edit)

        @invariant()
        def memory_decides_the_same_again(self) -> None:
            for id in self.ids:
                assert [str(one) for one in replay(anyio.run(self.memory.transcript, id)).differences] == []

    return Machine


@pytest.mark.timeout(600)
def test_every_store_is_as_memory_whatever_is_done_and_killed(nursery: Nursery) -> None:
    run_state_machine_as_test(
        machine_with(nursery),
        settings=settings(
            max_examples=8,
            stateful_step_count=6,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_worlds_do_all_that_there_is(nursery: Nursery, tmp_path: Path) -> None:
    """What the machine draws from: each command shows in the record, or the machine would compare nothing."""
    world = World(MemoryStore(), {"c.b": "c"})

    async def all_of_it() -> list[dict[str, Any]]:
        await world.run("c", "begin")
        await world.answer("c", "yes", "m1")
        await world.answer("c", "no", "m2")
        await world.interrupt("c", "m3")
        await world.resume("c", "more", "m4")
        await world.fork("c", 0.5, "b", "otherwise", True)
        return [visible(await world.transcript(id)) for id in ("c", "c.b")]

    root, branch = anyio.run(all_of_it)
    assert root["refused"]
    assert root["answers"] == ["yes", "no"]
    assert root["stops"] == ["user"]
    assert {"interrupted"} <= {kind for kind, _ in root["ends"]}
    assert (branch["forks"], branch["edits"]) == (["c.b"], ["replace"])
    assert branch["waits"]


COMMANDS: tuple[dict[str, Any], ...] = (
    {"do": "run", "id": "c", "task": "begin"},  # a tool, a refusal with its repair, and a question that waits
    {"do": "answer", "id": "c", "value": "yes", "command": "m1"},
    {"do": "answer", "id": "c", "value": "no", "command": "m2"},  # and the run is at its limit
    {"do": "fork", "id": "c", "at": 0.5, "name": "b", "say": "otherwise", "edit": True},
    {"do": "answer", "id": "c.b", "value": "well", "command": "m3"},
)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("phase", ["before", "after"])
def test_killed_at_every_write_of_questions_repairs_forks_and_edits(
    nursery: Nursery, tmp_path: Path, store: str, phase: str
) -> None:
    """The same command again, and it is as if nothing had happened."""
    good, parents = tmp_path / "good", {"c.b": "c"}
    good.mkdir()
    killed = 0
    for number, command in enumerate(COMMANDS):
        look = ["c", "c.b"] if number >= 3 else ["c"]
        order = {"do": "world", "store": store, "command": command, "look": look, "parents": parents}
        write, before = 1, tmp_path / f"before {number}"
        shutil.copytree(good, before)
        expected = nursery.ask(**order, folder=str(good))
        assert (expected["refused"], expected["problems"]) == (None, [])
        while True:
            folder = tmp_path / f"{number} {write}"
            shutil.copytree(before, folder)
            if "killed" not in nursery.ask(**order, folder=str(folder), phase=phase, write=write):
                break
            again = nursery.ask(**order, folder=str(folder))
            assert (again["visible"], again["problems"]) == (expected["visible"], []), (command, write)
            write, killed = write + 1, killed + 1
    assert killed > 20


@pytest.mark.timeout(600)
@pytest.mark.parametrize("store", STORES)
def test_killed_at_every_write_a_budget_is_never_passed(nursery: Nursery, tmp_path: Path, store: str) -> None:
    """A call whose result was lost counts as spent: the run ends the earlier, and never later."""
    command, most, write = {"do": "run", "id": "c", "task": "begin"}, 2, 1
    order = {"do": "world", "store": store, "command": command, "look": ["c"], "parents": {}, "calls": most}
    while True:
        folder = tmp_path / f"{write}"
        folder.mkdir()
        killed = "killed" in nursery.ask(**order, folder=str(folder), phase="before", write=write)
        ended = nursery.ask(**order, folder=str(folder)) if killed else {}
        if not killed:
            break
        assert ended["calls"][0] <= most
        assert [kind for kind, _ in ended["visible"]["c"]["ends"]] == ["limit"], write
        assert ended["problems"] == []
        write += 1
    assert write > 4
