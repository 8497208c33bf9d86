"""A program is written, tested and fixed: a graph of two agents with a cycle that is taken at most three times.

    python examples/write_test_fix.py         with AGENTCHAT_SMART set

What goes along each edge is typed: the coder takes a task or a report and emits a program; the check takes a program
and emits a report. The program really runs, in a sandbox. A spent cap ends the run as a limit, not as a success.
"""

from pydantic import BaseModel

from agentchat import END, Assistant, Conversation, Edge, Graph, Turn, Where, agent
from agentchat.seams import Model


class Task(BaseModel):
    """What is to be written, and the asserts it must pass."""

    wanted: str
    asserts: str


class Program(BaseModel):
    """Python source."""

    source: str


class Report(BaseModel):
    """What the asserts said."""

    passed: bool
    output: str


TASK = Task(
    wanted="A function roman(n) for 1 to 3999.", asserts='assert roman(4) == "IV"\nassert roman(1994) == "MCMXCIV"'
)


@agent(sandbox="auto")
async def check(program: Program, turn: Turn) -> Report:
    """Runs a program and the asserts of the task behind it."""
    task = turn.messages[0].model(Task)
    done = await turn.code(f"{program.source}\n{task.asserts}\n")
    return Report(passed=done.run.ok, output=(done.run.stdout + done.run.stderr)[-2000:])


def flow(smart: Model | str = "smart") -> Conversation:
    """The graph: write, check, and back while the check fails."""
    coder = Assistant("coder", model=smart, accepts=Task | Report, emits=Program, instructions="Write plain Python.")
    again = Edge(check, coder, when=Where(Report, passed=False), at_most=3)
    return Conversation(Graph(start=coder, edges=[Edge(coder, check), again, Edge(check, END)]))


if __name__ == "__main__":
    result = flow().run_sync(TASK)
    print(f"{result.outcome}\n{result.output!r}")
