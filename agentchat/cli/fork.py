"""`agentchat fork`: go on from any position of a conversation, perhaps changed, as a branch of its own."""

from __future__ import annotations

from typing import Annotated

import typer

from agentchat.cli.options import Calls, MaxTurns, Seconds, StorePath, Tokens, Trust, UnsafeHost, Usd

Position = Annotated[
    str,
    typer.Argument(metavar="FILE|ID[@SEQ]", help="The conversation, and the event to go on behind; else its end."),
]


def fork(
    source: Position,
    say: Annotated[str | None, typer.Option(help="Say this to the team there.")] = None,
    edit: Annotated[
        list[str] | None,
        typer.Option(
            "--edit",
            metavar="CHANGE",
            help="'replace SEQ: text', 'remove SEQ', 'insert NAME: text', 'result SEQ: text or JSON', "
            "'persona NAME: FILE or text', 'model NAME: MODEL', 'rules: TEAM.toml', 'budget: TEAM.toml'. "
            "May be given several times.",
        ),
    ] = None,
    recorded: Annotated[
        bool, typer.Option("--recorded", help="Make no call: what is not in the record fails the turn.")
    ] = False,
    live: Annotated[bool, typer.Option("--live", help="Make every call anew (as without any of these).")] = False,
    mixed: Annotated[
        bool, typer.Option("--mixed", help="Ask models; take results of tools, programs and people from the record.")
    ] = False,
    known: Annotated[
        bool, typer.Option("--known", help="Take from the record what is there, and make the other calls.")
    ] = False,
    name: Annotated[
        str | None, typer.Option("--name", help="What to call the branch; the same fork again is the same branch.")
    ] = None,
    reason: Annotated[str | None, typer.Option("--reason", help="Why, for the record.")] = None,
    author: Annotated[str, typer.Option("--by", help="Who, for the record.")] = "user",
    run: Annotated[bool, typer.Option("--run/--no-run", help="Go on at once, or only begin the branch.")] = True,
    max_turns: MaxTurns = None,
    calls: Calls = None,
    tokens: Tokens = None,
    usd: Usd = None,
    seconds: Seconds = None,
    trust: Trust = False,
    unsafe_host: UnsafeHost = False,
    store: StorePath = None,
) -> None:
    """Go on from any position of a conversation, perhaps changed. The conversation itself stays as it is.

    \b
    agentchat fork run.jsonl@14 --say "try without recursion"
    agentchat fork ID --edit "replace 9: use a loop" --name loop
    agentchat fork ID@20 --edit "model coder: gpt-4.1" --mixed --max-turns 20

    Without a position it goes on from the event that the first edit is about, else from the end. Limits given here
    take the place of those of the run.
    """
    import sys

    import anyio

    from agentchat.cli.asking import Asker
    from agentchat.cli.driving import answer, drive, finish, printing
    from agentchat.cli.edit_words import read_edits
    from agentchat.cli.places import find, place_of
    from agentchat.cli.positions import split_position
    from agentchat.cli.run import write_answer
    from agentchat.cli.teaming import check_attended
    from agentchat.errors import ConfigurationError
    from agentchat.forking import check_at
    from agentchat.runtime.tape import MIXED, Sources
    from agentchat.teams import Bounds, rebuild
    from agentchat.terminal.console import Plain
    from agentchat.terminal.highlight import verbatim
    from agentchat.terminal.sanitize import sanitize

    if sum((recorded, live, mixed, known)) > 1:
        raise ConfigurationError("--recorded, --live, --mixed and --known say where calls come from; give one of them")
    sources: Sources = "recorded" if recorded else MIXED if mixed else "known" if known else "live"
    typed, at = split_position(source)
    place, transcript = find(typed, store)
    edits, agents, until, budget = read_edits(edit or [], transcript)
    at = at if at is not None else next((one.target for one in edits if one.target is not None), len(transcript))
    check_at(transcript, at)
    chat = rebuild(
        transcript.upto(at),
        store=place.store,
        unsafe_host=unsafe_host,
        trust=trust,
        until=until,
        budget=budget,
        bounds=Bounds(max_turns, calls, tokens, usd, seconds),
        changed=agents,
    )
    begun = anyio.run(
        lambda: chat.branch(
            place.file or place.id, at=at, edits=edits, anew=say is not None, name=name, by=author, reason=reason
        )
    )
    there = place_of(begun.store, begun.id, store)
    console = Plain(sys.stderr)
    told = f"{there} goes on from event {at} of {place}"
    console.show(f"{told}; it was there already." if begun.known else f"{told}.")
    if not run:
        console.show(verbatim(sanitize(f"Go on with: agentchat resume {there.words}")))
        return
    asker = Asker(console, unseen=at)
    check_attended(chat.charter.agents, asker.attended)

    result = drive(lambda: chat.go_on(begun, say=say, calls=sources), printing(console, after=at), there, asker)
    write_answer(answer(result), shown=console.is_terminal)
    raise typer.Exit(finish(result, there, console))
