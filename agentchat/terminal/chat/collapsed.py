"""Tool calls, programs and their results on one line each, with the way to see all of it. Pure."""

from __future__ import annotations

from typing import Final

from rich.text import Text

from agentchat.terminal.notes import arguments_of, compact
from agentchat.terminal.sanitize import sanitize_line
from agentchat.transcript.calls import ToolRecipe, ToolResult
from agentchat.transcript.events import CallFinished, Entry
from agentchat.transcript.messages import CodeResult, CodeRun
from agentchat.transcript.transcript import Transcript

INLINE: Final = 60
"""Characters of an output that still stands on the line."""
_ENDINGS: Final = {
    "ok": ("✓", "green", "exit 0"),
    "error": ("✗", "red", "exit {code}"),
    "timeout": ("✗", "red", "stopped: it took too long"),
    "killed": ("✗", "red", "killed"),
    "unsupported": ("✗", "yellow", "not run"),
}


def tool_line(entry: Entry, transcript: Transcript) -> Text | None:
    """A tool call that came back; None for other entries."""
    event = entry.event
    if not isinstance(event, CallFinished) or not isinstance(event.result, ToolResult):
        return None
    started = transcript.started(event.call)
    if started is None or not isinstance(started.recipe, ToolRecipe):
        return None
    result = event.result
    line = Text(no_wrap=True, overflow="ellipsis")
    line.append("✓ " if result.ok else "✗ ", style="green" if result.ok else "red")
    line.append(sanitize_line(f"{started.recipe.name}({arguments_of(started.recipe)})"))
    gave = compact(result.value, INLINE) or "nothing"
    line.append(f" → {sanitize_line(gave)}", style="dim" if result.ok else "red")
    return _more(line, entry.seq)


def result_lines(said: CodeResult, seq: int) -> list[Text]:
    """What became of programs, a line each."""
    lines = [_run_line(run, seq) for run in said.runs]
    if said.skipped:
        lines.append(Text(f"  {said.skipped} later not run", style="yellow"))
    return lines


def _run_line(run: CodeRun, seq: int) -> Text:
    sign, style, told = _ENDINGS[run.status]
    line = Text(no_wrap=True, overflow="ellipsis").append(f"{sign} ", style=style)
    line.append(sanitize_line(run.language)).append(f" · {told.format(code=run.exit_code)}", style=style)
    if run.status != "unsupported":
        line.append(f" · {run.seconds:.2f} s", style="dim")
    if run.detail:
        line.append(f" · {sanitize_line(run.detail)}", style="dim")
    for file in run.files:
        line.append(f" · saved {sanitize_line(file.name)}")
    out = (run.stdout if run.ok or not run.stderr.strip() else run.stderr).strip()
    if not out:
        return line if run.files else line.append(" · no output", style="dim")
    if "\n" not in out and len(out) <= INLINE:
        return line.append(" · ", style="dim").append(sanitize_line(out))
    last = out.splitlines()[0 if run.ok else -1].strip()
    count = out.count("\n") + 1
    shown = sanitize_line(last if len(last) <= INLINE else f"{last[: INLINE - 1]}…")
    line.append(" · ", style="dim").append(shown)
    return _more(line.append(f" · {count} lines" if count > 1 else "", style="dim"), seq)


def _more(line: Text, seq: int) -> Text:
    return line.append(f"  /show {seq}", style="dim")
