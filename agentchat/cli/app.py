"""The command line as a whole: the list of commands, and what their errors become.

Every `AgentChatError` is one message on stderr and an exit code, never a stack trace. Nothing heavier than typer may
be imported here or in the heads of the command files.
"""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import agentchat
from agentchat.cli import (
    answer,
    chat,
    demo,
    diff,
    doctor,
    export,
    fork,
    grep,
    ls,
    models,
    personas,
    replay,
    request,
    resume,
    rm,
    run,
    show,
    view,
    why,
)
from agentchat.cli.exits import INTERRUPTED, exit_code
from agentchat.cli.streams import let_go_of_stdout
from agentchat.errors import AgentChatError, only_one


class Commands(TyperGroup):
    """Runs a command, and turns what goes wrong into a message and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run the chosen command."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            let_go_of_stdout()
            raise typer.Exit(0) from None
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None
        except AgentChatError as error:
            raise _told(error) from None
        except BaseExceptionGroup as group:
            cause = only_one(group)
            if isinstance(cause, BrokenPipeError):
                let_go_of_stdout()
                raise typer.Exit(0) from None
            if isinstance(cause, AgentChatError):
                raise _told(cause) from None
            if isinstance(cause, OSError):  # `main` tells those that a user can do something about
                raise cause from group
            raise
        return result


app = typer.Typer(
    name="agentchat",
    cls=Commands,
    help="Conversations between model-driven agents, with hard limits and a transcript that explains everything.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"agentchat {agentchat.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and leave.")
    ] = False,
) -> None:
    pass


app.command("chat", cls=chat.ChatCommand)(chat.chat)
app.command("demo")(demo.demo)
app.command("run", cls=run.TeamAndTask)(run.run)
app.command("show")(show.show)
app.command("ls")(ls.ls)
app.command("grep")(grep.grep)
app.command("replay")(replay.replay)
app.command("why")(why.why)
app.command("request")(request.request)
app.command("diff")(diff.diff)
app.command("view")(view.view)
app.command("resume")(resume.resume)
app.command("fork")(fork.fork)
app.command("answer")(answer.answer)
app.command("export")(export.export)
app.command("import")(export.import_)
app.command("rm")(rm.rm)
app.command("personas")(personas.personas)
app.command("models")(models.models)
app.command("doctor")(doctor.doctor)


def _told(error: AgentChatError) -> typer.Exit:
    from agentchat.terminal.console import Plain
    from agentchat.terminal.sanitize import sanitize

    Plain(sys.stderr).show(f"agentchat: {sanitize(str(error))}")
    return typer.Exit(exit_code(error))
