"""Driving a run from a terminal: its items go to a watcher as they come, and Ctrl-C closes it in good order.

The first Ctrl-C (or SIGTERM) interrupts the run as any program may: what has arrived is kept and the run is closed.
A second one cancels everything under way; the run is closed all the same.
"""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator, Callable

import anyio
import typer

from agentchat.cli.exits import OUTCOMES
from agentchat.cli.places import Place
from agentchat.conversation import Run
from agentchat.errors import ConversationClosed
from agentchat.result import Result
from agentchat.seams import Delta
from agentchat.terminal.console import Plain
from agentchat.terminal.live import LivePrinter
from agentchat.terminal.sanitize import sanitize
from agentchat.terminal.view import usage_line
from agentchat.transcript.events import Entry

Watcher = Callable[[Entry | Delta], None]


def drive(start: Callable[[], Run], watch: Callable[[Run], Watcher], place: Place) -> Result:
    """Run to the end. `watch` makes the watcher, once the run is open.

    Raises KeyboardInterrupt where it was stopped before it was open.
    """
    return anyio.run(_drive, start, watch, place)


def printing(console: Plain, *, after: int = 0) -> Callable[[Run], Watcher]:
    """A watcher that prints the run; entries up to `after` are left out."""
    return lambda run: LivePrinter(console, run.transcript, after=after).show


def finish(result: Result, place: Place, console: Plain) -> int:
    """Say what was used, where it lies and how to go on; the exit code."""
    usage = usage_line(result.usage)
    lines = [f"{usage[0].upper()}{usage[1:]}.", f"Look at it:  agentchat show {place.words}"]
    if result.outcome.kind != "done":
        lines.append(f"Go on:       agentchat resume {place.words}")
    for line in lines:
        console.show(sanitize(line))
    return OUTCOMES[result.outcome.kind]


def answer(result: Result) -> str:
    """The answer as text; empty where no agent said anything."""
    output = result.output
    if output is None or isinstance(output, str):
        return output or ""
    text = getattr(output, "text", None)
    return text if isinstance(text, str) else output.model_dump_json()


async def _drive(start: Callable[[], Run], watch: Callable[[Run], Watcher], place: Place) -> Result:
    runs: list[Run] = []
    errors: list[Exception] = []
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_heed, signals, runs, tasks.cancel_scope)
            try:
                async with start() as run:
                    runs.append(run)
                    show = watch(run)
                    async for item in run:
                        show(item)
            except Exception as error:
                errors.append(error)
            tasks.cancel_scope.cancel()
        if errors:
            raise errors[0]
        if runs:
            return runs[0].result
        await _say_not_begun(place)
        raise KeyboardInterrupt


async def _heed(signals: AsyncIterator[int], runs: list[Run], scope: anyio.CancelScope) -> None:
    """Interrupt the run at the first signal, cancel it at the second; cancel at once where none is open yet."""
    async for _ in signals:
        if not runs:
            scope.cancel()
            return
        typer.echo("\nagentchat: stopping; what has arrived is kept (Ctrl-C again stops at once)", err=True)
        break
    with anyio.CancelScope() as asking:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_interrupt, runs[0], asking)
            async for _ in signals:
                scope.cancel()


async def _interrupt(run: Run, asking: anyio.CancelScope) -> None:
    try:
        await run.interrupt("Ctrl-C")
    except ConversationClosed:  # it ended by itself meanwhile
        asking.cancel()


async def _say_not_begun(place: Place) -> None:
    kept = place.id in [head.conversation for head in await place.store.heads()]
    what = f"the task is kept; go on with: agentchat resume {place.words}" if kept else "nothing was kept"
    typer.echo(f"agentchat: interrupted before the first turn; {what}", err=True)
