"""Tools called: real functions, real threads, both event loops."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import subprocess
import sys
import threading
from collections.abc import Awaitable
from datetime import date
from typing import Annotated, Any

import anyio
import pytest
from pydantic import Field

from agentchat.errors import AgentChatError, ToolError
from agentchat.seams import ToolCallContext
from agentchat.tools.failures import MAX_MESSAGE
from agentchat.tools.function import FunctionTool, tool
from agentchat.tools.threads import run_aside
from tests.tools.test_parameters import Calling, Place, Point, Unit

pytestmark = pytest.mark.anyio
CONTEXT = ToolCallContext(key="k1", conversation="c1", agent="coder")
WORD = contextvars.ContextVar("WORD", default="none")


async def _call(made: FunctionTool[Any, Any], arguments: str = "{}") -> object:
    checked = made.check(arguments)
    assert isinstance(checked, dict)
    with anyio.fail_after(20):
        return await made.call(checked, CONTEXT)


async def test_arguments_become_what_the_function_takes() -> None:
    seen: list[object] = []

    @tool
    def keep(
        place: Place,
        when: date,
        context: ToolCallContext,
        unit: Unit = Unit.CELSIUS,
        points: list[Point] | None = None,
        filled: int = Field(4),
        noted: Annotated[int, Field(default=5)] = Field(6, description="the later one wins"),
        *,
        last: str = "own",
    ) -> list[int]:
        seen.extend([place, when, context, unit, points, filled, noted, last])
        return [1]

    given = '{"place":{"name":"x"},"when":"2026-01-02","unit":"F","points":[{"x":"3"}]}'
    assert await _call(keep, given) == [1]
    assert seen == [Place(name="x"), date(2026, 1, 2), CONTEXT, Unit.FAHRENHEIT, [Point(3)], 4, 6, "own"]


async def test_a_default_in_the_annotation_counts() -> None:
    @tool
    def f(x: Annotated[int, Field(default=5)], y: Annotated[int, Field(alias="why")] = 1) -> list[int]:
        return [x, y]

    assert await _call(f) == [5, 1]
    assert await _call(f, '{"x":2,"why":3}') == [2, 3]


async def test_every_kind_of_callable_is_called() -> None:
    async def later(x: int) -> int:
        await anyio.lowlevel.checkpoint()
        return x + 1

    class Later:
        async def __call__(self, x: int) -> int:
            return await later(x)

    def gives_later(x: int) -> Awaitable[int]:
        return later(x)

    @functools.wraps(later)
    def around(*args: int, **kwargs: int) -> Awaitable[int]:
        return later(*args, **kwargs)

    tools: list[FunctionTool[Any, Any]] = [
        tool(later),
        tool(functools.partial(later)),
        tool(Later()),
        tool(functools.partial(Later())),
        tool(gives_later),
        tool(around),
    ]
    for made in tools:
        assert await _call(made, '{"x":1}') == 2
    assert await _call(tool(Calling()), '{"x":1}') == 1
    assert await _call(tool(Calling().method), '{"x":1}') == 1


async def test_a_function_runs_beside_the_loop_and_knows_its_context() -> None:
    WORD.set("here")

    @tool
    def where() -> list[object]:
        WORD.set("changed there")
        return [threading.current_thread() is threading.main_thread(), WORD.get()]

    @tool
    async def inside() -> str:
        return WORD.get()

    assert await _call(where) == [False, "changed there"]
    assert WORD.get() == "here"
    assert await _call(inside) == "here"


async def test_a_function_may_run_an_event_loop_of_its_own() -> None:
    @tool
    def nested() -> int:
        async def inner() -> int:
            await anyio.lowlevel.checkpoint()
            return 7

        return anyio.run(inner)

    assert await _call(nested) == 7


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no")


FAILURES: list[tuple[BaseException, str]] = [
    (ValueError("no such city"), "ValueError: no such city"),
    (ValueError(), "ValueError"),
    (KeyError("x"), "KeyError: 'x'"),
    (StopIteration(3), "StopIteration: 3"),
    (TimeoutError("the server's"), "TimeoutError: the server's"),
    (SystemExit(2), "SystemExit: 2"),
    (ToolError("Ask for a city instead."), "Ask for a city instead."),
    (ToolError("half \ud800"), "half \\ud800"),
    (ToolError("x" * 5000), "x" * (MAX_MESSAGE - 3) + "..."),
    (ValueError("x" * 9000), "ValueError: " + "x" * (MAX_MESSAGE - 15) + "..."),
    (ValueError("half \ud800"), "ValueError: half \\ud800"),
    (Unspeakable(), "Unspeakable: (its message cannot be shown)"),
    (ExceptionGroup("g", [OSError("a"), ExceptionGroup("h", [ValueError("b")])]), "OSError: a; ValueError: b"),
]


@pytest.mark.parametrize(("error", "words"), FAILURES)
async def test_what_a_tool_raises_is_told_without_its_traceback(error: BaseException, words: str) -> None:
    @tool
    def plain() -> None:
        raise error

    @tool
    async def later() -> None:
        await anyio.lowlevel.checkpoint()
        raise error

    @tool
    def both() -> Awaitable[None]:
        async def inner() -> None:
            raise error

        return inner()

    in_a_coroutine = words.replace("StopIteration: 3", "RuntimeError: coroutine raised StopIteration")
    for made, wanted in ((plain, words), (later, in_a_coroutine), (both, in_a_coroutine)):
        with pytest.raises(ToolError) as caught:
            await _call(made)
        assert str(caught.value) == wanted
        assert isinstance(caught.value, AgentChatError)
        error.__traceback__ = None


async def test_what_no_json_is_is_told() -> None:
    @tool
    def plain() -> object:
        return {"rows": iter([1])}

    @tool
    async def later() -> object:
        return [float("nan")]

    with pytest.raises(ToolError, match=r"plain gave back a list_iterator at \.rows"):
        await _call(plain)
    with pytest.raises(ToolError, match=r"later gave back nan at \[0\]"):
        await _call(later)


async def test_call_checks_again() -> None:
    @tool
    def f(x: int, y: int) -> int:
        return x

    with pytest.raises(ToolError) as caught:
        await f.call({"x": "one", "z": 1}, CONTEXT)
    assert str(caught.value).splitlines()[1:] == ["y: is missing", "z: there is no such parameter; there are x, y"]


@pytest.fixture
def gate() -> Any:
    opened = threading.Event()
    yield opened
    opened.set()


async def test_a_function_that_takes_too_long_is_left_behind(gate: threading.Event) -> None:
    @tool(timeout=0.05)
    def hang() -> None:
        gate.wait()

    @tool
    def quick() -> int:
        return 1

    async def expect() -> None:
        with pytest.raises(ToolError, match=r"^hang took longer than 0\.05 seconds and was stopped$"):
            await _call(hang)

    async with anyio.create_task_group() as tasks:
        for _ in range(60):  # more than the threads that anyio hands out by default
            tasks.start_soon(expect)
    assert await _call(quick) == 1
    limiter = anyio.to_thread.current_default_thread_limiter()
    assert limiter.borrowed_tokens == 0


async def test_an_async_tool_that_takes_too_long_is_cancelled() -> None:
    cleaned: list[str] = []

    @tool(timeout=0.05)
    async def hang() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            cleaned.append("up")

    @tool(timeout=0.05)
    async def breaks() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            raise OSError("while it was stopped")

    @tool(timeout=0.05)
    async def insists() -> str:
        try:
            await anyio.sleep_forever()
        finally:
            return "done"  # noqa: B012  # a tool that will not be stopped has a result all the same

    with pytest.raises(ToolError, match=r"hang took longer than 0\.05 seconds"):
        await _call(hang)
    assert cleaned == ["up"]
    with pytest.raises(ToolError, match=r"breaks took longer than 0\.05 seconds"):
        await _call(breaks)
    assert await _call(insists) == "done"


async def test_a_tool_without_a_timeout_waits(gate: threading.Event) -> None:
    started = anyio.Event()

    @tool(timeout=None)
    async def wait() -> str:
        started.set()
        await anyio.to_thread.run_sync(gate.wait)
        return "open"

    async def release() -> None:
        await started.wait()
        gate.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(release)
        assert await _call(wait) == "open"


async def test_cancellation_passes_through(gate: threading.Event) -> None:
    begun = threading.Event()
    ends: list[object] = []

    @tool
    def hang() -> None:
        begun.set()
        gate.wait()

    @tool
    async def hang_too() -> None:
        begun.set()
        await anyio.sleep_forever()

    for made in (hang, hang_too):
        begun.clear()
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as tasks:

                async def act(one: FunctionTool[Any, Any] = made) -> None:
                    ends.append(await _call(one))

                tasks.start_soon(act)
                await anyio.to_thread.run_sync(begun.wait)
                scope.cancel()
        assert scope.cancelled_caught
    assert ends == []


async def test_what_is_cancelled_before_it_begins_never_begins() -> None:
    ran: list[int] = []
    with anyio.CancelScope() as scope:
        scope.cancel()
        await run_aside(lambda: ran.append(1))
    assert scope.cancelled_caught
    assert ran == []


async def test_an_interrupt_is_not_the_model_s_business() -> None:
    class Interrupt(BaseException):
        pass

    @tool
    def plain() -> None:
        raise Interrupt

    with pytest.raises(Interrupt):
        await _call(plain)


async def test_a_cancellation_of_the_tool_s_own_is_a_failure() -> None:
    @tool
    def plain() -> None:
        raise asyncio.CancelledError

    @tool
    async def later() -> None:
        raise asyncio.CancelledError

    for made in (plain, later):
        with pytest.raises(ToolError, match=r"^CancelledError: something it waited for$"):
            await _call(made)


def test_waiting_for_a_task_that_was_cancelled_is_a_failure() -> None:
    @tool
    async def waits() -> None:
        task = asyncio.ensure_future(asyncio.sleep(60))
        task.cancel("no longer wanted")
        await task

    async def main() -> None:
        with pytest.raises(ToolError, match=r"^CancelledError: no longer wanted$"):
            await _call(waits)

    anyio.run(main, backend="asyncio")


async def test_many_at_once_keep_their_own() -> None:
    found: dict[int, object] = {}

    @tool
    def double(x: int, context: ToolCallContext) -> list[object]:
        return [2 * x, context.key]

    async def act(number: int) -> None:
        found[number] = await double.call({"x": number}, CONTEXT._replace(key=f"k{number}"))

    async with anyio.create_task_group() as tasks:
        for number in range(30):
            tasks.start_soon(act, number)
    assert found == {number: [2 * number, f"k{number}"] for number in range(30)}


PROGRAM = """
import threading, anyio
from agentchat.tools.function import tool
from agentchat.errors import ToolError
from agentchat.seams import ToolCallContext

@tool(timeout=0.05)
def hang() -> None:
    threading.Event().wait()

async def main() -> None:
    try:
        await hang.call({}, ToolCallContext("k", "c", "a"))
    except ToolError as error:
        print(error)

anyio.run(main, backend="BACKEND")
"""


def test_a_tool_that_never_returns_does_not_keep_the_program(anyio_backend_name: str) -> None:
    program = PROGRAM.replace("BACKEND", anyio_backend_name)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        "hang took longer than 0.05 seconds and was stopped\n",
        "",
    )
