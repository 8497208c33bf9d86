"""`/help`: every command on a line."""

from __future__ import annotations

from collections.abc import Callable

from rich.text import Text

from agentchat.terminal.chat.commands import Command, Commands, Desk

MORE = (
    ("@name", "say it to one agent alone"),
    ("@path", "let a file go along"),
    ("!command", "run it in your shell; its output is offered"),
)
KEYS = "Esc stops, Esc Esc goes back, Alt-Enter begins a line, /keys tells the rest."


def help_command(commands: Callable[[], Commands], keys: str = KEYS) -> Command:
    """The command that tells of all the others. keys: what the keys do, in a line."""

    async def act(desk: Desk, rest: str) -> None:
        if rest:
            one = commands().find(rest.lstrip("/"))
            desk.tell(_line(f"/{one.name} {one.usage}".strip(), one.help), Text(""))
            return
        for one in commands().known.values():
            desk.tell(_line(f"/{one.name} {one.usage}".strip(), one.help))
        for name, told in MORE:
            desk.tell(_line(name, told))
        desk.tell(Text(keys, style="dim"))
        desk.tell(Text(""))

    return Command("help", "this list", act, True, "[COMMAND]")


def _line(name: str, told: str) -> Text:
    return Text(f"  {name:<28} ", style="bold").append(told, style="not bold")
