"""`agentchat rm`: conversations removed for good, by name or by age."""

from __future__ import annotations

from typing import Annotated

import typer

from agentchat.cli.options import StorePath


def rm(
    sources: Annotated[
        list[str] | None, typer.Argument(metavar="ID|FILE", help="What to remove; an id may be shortened.")
    ] = None,
    with_branches: Annotated[
        bool, typer.Option("--with-branches", help="Also the branches that go on from it.")
    ] = False,
    older_than: Annotated[
        str | None,
        typer.Option("--older-than", metavar="AGE", help="All in which nothing happened for so long: 30d, 12h, 8w."),
    ] = None,
    keep: Annotated[
        int | None, typer.Option("--keep", min=0, metavar="N", help="Of those by age, the newest N stay in any case.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would go, and remove nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    store: StorePath = None,
) -> None:
    """Remove conversations for good.

    Those that are named, or those that are old; you are asked first. What is held inside a conversation goes with it.
    One that others branch off from stays, unless they go too; so does one that a process is running. By age, a
    conversation and its branches count as one: as new as the newest of them.
    """
    import sys

    import anyio

    from agentchat.cli.removing import Plan, ask, by_age, by_name, carry_out, seconds_of, shown
    from agentchat.errors import ConfigurationError
    from agentchat.terminal.console import Plain

    aged = older_than is not None or keep is not None
    if aged == bool(sources) or (aged and with_branches):
        raise ConfigurationError("name what to remove, or say how old it must be: --older-than 30d, --keep 100")
    age = None if older_than is None else seconds_of(older_than)

    async def look() -> Plan:
        if aged:
            return await by_age(store, age, keep or 0)
        return await by_name(sources or [], store, with_branches=with_branches, whole=yes and not dry_run)

    plan = anyio.run(look)
    console = Plain(sys.stdout)
    for line in shown(plan, dry_run=dry_run):
        console.show(line)
    if dry_run or not plan.removals:
        return
    if not yes and not ask(plan, console):
        raise typer.Exit(1)
    gone, stayed = anyio.run(carry_out, plan)
    console.show(gone)
    for line in stayed:
        Plain(sys.stderr).show(line)
    raise typer.Exit(1 if stayed else 0)
