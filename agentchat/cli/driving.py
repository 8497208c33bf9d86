"""Driving a run from a terminal: its items go to a watcher as they come, and Ctrl-C closes it in good order.

The first Ctrl-C (or SIGTERM) interrupts the run as any program may: what has arrived is kept and the run is closed.
A second one cancels everything under way; the run is closed all the same.
"""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Final

import anyio
import typer

from agentchat.cli.asking import Asker
from agentchat.cli.exits import OUTCOMES
from agentchat.cli.going_on import ways_on
from agentchat.cli.places import Place
from agentchat.cli.streams import let_go_of_stdout
from agentchat.errors import AgentChatError, ConversationClosed, StoreUnavailable, only_one
from agentchat.result import Result
from agentchat.run import Run
from agentchat.seams import Delta
from agentchat.terminal.console import Plain
from agentchat.terminal.highlight import verbatim
from agentchat.terminal.live import LivePrinter
from agentchat.terminal.sanitize import sanitize
from agentchat.terminal.usage_text import usage_line
from agentchat.transcript.events import Entry, Paused

SAME: Final = 0.5
"""Seconds in which a second signal is the first one again: wrappers pass on what the terminal sent to all."""

Watcher = Callable[[Entry | Delta], None]


def drive(
    start: Callable[[], Run], watch: Callable[[Run], Watcher], place: Place, asker: Asker | None = None
) -> Result:
    """Run to the end. `watch` makes the watcher, once the run is open; `asker` puts the questions that come up.

    Raises KeyboardInterrupt where it was stopped before it was open.
    """
    return anyio.run(_drive, start, watch, place, asker)


def printing(console: Plain, *, after: int = 0) -> Callable[[Run], Watcher]:
    """A watcher that prints the run; entries up to `after` are left out."""
    return lambda run: LivePrinter(console, run.transcript, after=after).show


def finish(result: Result, place: Place, console: Plain) -> int:
    """Say what was used, where it lies and how to go on; the exit code."""
    usage = usage_line(result.usage)
    console.show(f"{usage}.")
    console.show(verbatim(sanitize(f"Look at it:  agentchat show {place.words}")))
    for what, command in ways_on(result, place):
        console.show(verbatim(sanitize(f"{what:<12} {command}")))
    return OUTCOMES[result.outcome.kind]


def answer(result: Result) -> str:
    """The answer as text; empty where no agent said anything."""
    output = result.output
    if output is None or isinstance(output, str):
        return output or ""
    text = getattr(output, "text", None)
    return text if isinstance(text, str) else output.model_dump_json()


async def _drive(
    start: Callable[[], Run], watch: Callable[[Run], Watcher], place: Place, asker: Asker | None
) -> Result:
    runs: list[Run] = []
    errors: list[Exception] = []
    last = 0
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_heed, signals, runs, tasks.cancel_scope)
            try:
                async with start() as run:
                    runs.append(run)
                    show = watch(run)
                    async for item in run:
                        last = last if isinstance(item, Delta) else item.seq
                        show(item)
                        if asker is not None and not isinstance(item, Delta) and isinstance(item.event, Paused):
                            tasks.start_soon(asker.ask, run, item)
            except Exception as error:
                errors.append(error)
            tasks.cancel_scope.cancel()
        if errors:
            raise _with_a_way_on(errors[0], place) if runs else errors[0]
        if not runs:
            await _say_not_begun(place)
            raise KeyboardInterrupt
    for entry in run.transcript.since(last):  # how a run that was cancelled was closed
        show(entry)
    return run.result


def _with_a_way_on(error: Exception, place: Place) -> Exception:
    """Where the store or stdout failed in the middle of a run, an error with the command that goes on."""
    cause = only_one(error)
    if isinstance(cause, BrokenPipeError):
        let_go_of_stdout()
        return AgentChatError(
            f"nobody reads standard output any more, so the run was stopped. Go on: agentchat resume {place.words}"
        )
    if not isinstance(cause, StoreUnavailable):
        return error
    return StoreUnavailable(f"{cause}\nWhat was recorded before is kept. Then: agentchat resume {place.words}")


async def _heed(signals: AsyncIterator[int], runs: list[Run], scope: anyio.CancelScope) -> None:
    """Interrupt the run at the first signal, cancel it at a second; cancel at once where none is open yet."""
    async with anyio.create_task_group() as tasks:
        first: float | None = None
        async for _ in signals:
            now = anyio.current_time()
            if not runs or (first is not None and now - first > SAME):
                scope.cancel()
            elif first is None:
                first = now
                typer.echo("\nagentchat: stopping (Ctrl-C again: at once)", err=True)
                tasks.start_soon(_interrupt, runs[0])


async def _interrupt(run: Run) -> None:
    with suppress(ConversationClosed):  # it may end by itself meanwhile
        await run.interrupt("Ctrl-C")


async def _say_not_begun(place: Place) -> None:
    kept = place.id in [head.conversation for head in await place.store.heads()]
    what = f"the task is kept; go on with: agentchat resume {place.words}" if kept else "nothing was kept"
    typer.echo(f"agentchat: interrupted before the first turn; {what}", err=True)
