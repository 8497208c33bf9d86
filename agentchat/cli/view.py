"""`agentchat view`: one HTML file that shows a conversation, or two side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agentchat.cli.options import StorePath

_HELP = "A transcript file or an id (or how it begins); with @SEQ behind it, as it was at that event."


def view(
    source: Annotated[str, typer.Argument(metavar="FILE|ID", help=_HELP, show_default=False)],
    other: Annotated[
        str | None, typer.Argument(metavar="OTHER", help="Another one, to be shown beside it.", show_default=False)
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="FILE.html", help="Where to write the page; - is standard output."),
    ] = None,
    open_it: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    store: StorePath = None,
) -> None:
    """Write a page that shows a conversation, or two side by side.

    It is one HTML file that needs nothing else, not even a network. It holds who said what to whom, every call on a
    timeline, cost and tokens against the budget, every event with its causes, and the exact prompt of each model call.
    Without -o it goes into this folder, named for the conversation.
    """
    import sys
    import webbrowser

    from agentchat.cli.page_files import page_file, read, write
    from agentchat.errors import ConfigurationError
    from agentchat.report.page import Source, write_page
    from agentchat.terminal.sanitize import sanitize_line

    given = [read(one, store) for one in ([source] if other is None else [source, other])]
    to_stdout = out is not None and str(out) == "-"
    if to_stdout and open_it:
        raise ConfigurationError("--open needs a file to open: leave -o - out")
    file = None if to_stdout else page_file(given, out)
    page = write_page(*(Source(one.transcript, one.label) for one in given))
    if file is None:
        sys.stdout.buffer.write(page.encode())
        return
    write(file, page)
    typer.echo(sanitize_line(str(file)))
    if open_it and not webbrowser.open(file.absolute().as_uri()):
        typer.echo("agentchat: no browser could be started; open the file yourself", err=True)
