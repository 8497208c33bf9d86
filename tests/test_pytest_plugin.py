"""The pytest plugin, in test runs of their own: recorded once, replayed without a model, failed by any change."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest

import agentchat
from agentchat.transcript.events import CallFinished
from agentchat.transcript.transcript import Transcript
from tests.servers.fake_openai import FakeServer, stream

pytest_plugins = ["pytester"]

# A run in this process forgets what was first imported in it: without this there would be two of every class.
KEPT = [openai, *(getattr(agentchat, name) for name in agentchat.__all__)]

KEY = "sk-very-secret-0123456789"

TEAM = """
import anyio
import pytest
from agentchat import Assistant, Conversation, MaxTurns, OpenAIModel, UserProxy, agent, tool
from agentchat.models.forbid import check_allowed

def team(instructions="Be brief.", turns=1):
    model = OpenAIModel("tiny", base_url={url!r}, api_key={key!r})
    return Conversation([Assistant("ann", model=model, instructions=instructions)], until=MaxTurns(turns))
"""


class Project:
    """A project with tests of its own, beside a model that answers."""

    def __init__(self, pytester: pytest.Pytester, server: FakeServer) -> None:
        self.pytester = pytester
        self.server = server
        self.folder = pytester.path / "tests" / "transcripts"
        pytester.makeini("[pytest]\naddopts = -p no:cacheprovider\n")

    def tests(self, text: str, name: str = "test_it") -> None:
        """Write a file of tests."""
        whole = TEAM.format(url=self.server.base_url, key=KEY) + text
        path = self.pytester.path / "tests" / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(whole)

    def run(self, *words: str) -> pytest.RunResult:
        """Run them."""
        return self.pytester.runpytest("tests", *words)

    def recordings(self) -> list[str]:
        """The recordings that are there."""
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*.jsonl"))

    @property
    def asked(self) -> int:
        """How often the model was asked."""
        return len(self.server.requests)


@pytest.fixture
def project(pytester: pytest.Pytester) -> Iterator[Project]:
    with FakeServer([stream("Let me ", "think. ", "DONE")]) as server:
        yield Project(pytester, server)


PLAIN = """
def test_prime(recorded):
    result = recorded(team(), "Print the 10th prime")
    assert result.output == "Let me think. DONE"
"""


def test_a_conversation_is_recorded_once_and_needs_no_model_then(project: Project) -> None:
    project.tests(PLAIN)
    project.run("--record").assert_outcomes(passed=1)
    assert project.recordings() == ["test_it/test_prime.jsonl"]
    assert project.asked == 1
    for words in ((), ("--record",), ("--record=new",)):
        project.run(*words).assert_outcomes(passed=1)
    assert project.asked == 1
    project.run("--record=all").assert_outcomes(passed=1)
    assert project.asked == 2


def test_without_a_recording_a_test_fails_and_nobody_is_asked(project: Project) -> None:
    project.tests(PLAIN)
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["there is no recording *test_it/test_prime.jsonl; pytest --record makes it*"])
    assert "Traceback" not in result.stdout.str()
    assert (project.asked, project.recordings()) == (0, [])


def test_a_changed_team_fails_with_the_first_difference(project: Project) -> None:
    project.tests(PLAIN)
    project.run("--record").assert_outcomes(passed=1)
    project.tests(PLAIN.replace("team()", "team('Be brief!')"))
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*test_prime.jsonl: * the first difference is in the agreement",
            "the agreement: agent ann, instructions",
            "  recorded: Be brief.",
            "  now:      Be brief!",
            "event 5, the prompt of ann",
            "  recorded: messages[[]0[]].content: 'Be brief.'",
            "  message 1 (system) differs:",
            "  -Be brief.",
            "  +Be brief!",
            "pytest --record=all records it anew",
        ]
    )
    assert project.asked == 1


def test_another_task_fails(project: Project) -> None:
    project.tests(PLAIN)
    project.run("--record").assert_outcomes(passed=1)
    project.tests(PLAIN.replace("10th", "11th"))
    result = project.run()
    result.assert_outcomes(failed=1)
    told = "the task is another one: recorded was 'Print the 10th prime', now it is 'Print the 11th prime'"
    result.stdout.fnmatch_lines([f"*{told}"])


FREE = """
PROMPT = "What?"

@agent(model=team().terms.agents[0].model, name="asking")
async def asking(text, turn):
    first = await turn.model(PROMPT)
    return first.reply.text + MORE

MORE = "."

def test_it(recorded):
    recorded(Conversation([asking], until=MaxTurns(1)), "go", exact=False)
"""


def test_a_miss_names_the_nearest_recording_and_the_first_path(project: Project) -> None:
    project.tests(FREE)
    project.run("--record").assert_outcomes(passed=1)
    project.tests(FREE.replace('MORE = "."', 'MORE = "?"'))
    project.run().assert_outcomes(passed=1)  # only its calls are held against the record
    project.tests(FREE.replace("What?", "Who?"))
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*event 5, in the turn of asking: this model call of asking is not in the record; the nearest recorded "
            "one is at event 5, and differs at messages[[]1[]].content: 'What?' there, 'Who?' now",
            "  message 2 (user) differs:",
            "  -What?",
            "  +Who?",
        ]
    )
    assert project.asked == 1
    project.run("--record").assert_outcomes(failed=1)
    project.run("--record=new").assert_outcomes(passed=1)
    assert project.asked == 2
    project.run().assert_outcomes(passed=1)


def test_what_a_function_agent_does_otherwise_fails_too(project: Project) -> None:
    exact = FREE.replace(", exact=False", "")
    project.tests(exact)
    project.run("--record").assert_outcomes(passed=1)
    project.run().assert_outcomes(passed=1)
    project.tests(exact.replace('MORE = "."', 'MORE = "?"'))
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["event 7, what asking says", "  recorded: says: *DONE.", "  now:      says: *DONE[?]"])


MORE_TURNS = """
def test_it(recorded):
    recorded(team(turns={turns}), "go", exact=False)
"""


def test_new_calls_are_recorded_beside_those_that_are_known(project: Project) -> None:
    project.tests(MORE_TURNS.format(turns=1))
    project.run("--record").assert_outcomes(passed=1)
    project.tests(MORE_TURNS.format(turns=2))
    project.run().assert_outcomes(failed=1)
    project.run("--record=new").assert_outcomes(passed=1)
    assert project.asked == 2
    kept = Transcript.load(project.folder / "test_it" / "test_it.jsonl")
    ends = [entry.event for entry in kept if isinstance(entry.event, CallFinished)]
    assert [end.taken_from for end in ends] == [None, None]  # it is a recording of its own
    project.run().assert_outcomes(passed=1)


ASYNC = """
@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request):
    return request.param

@pytest.mark.anyio
@pytest.mark.parametrize("what", ["a prime", "a/b"])
async def test_both(recorded, what):
    first = await recorded.run(team(), what)
    second = await recorded.run(team(), "again")
    third = await recorded.run(team(), "again", name="by name")
    assert first.output == second.output == third.output

class TestMore:
    def test_one(self, recorded):
        recorded(team(), "in a class")

    async def test_live(self, recorded, anyio_backend):
        async with recorded.open(team(), "live") as run:
            await run.wait()
        assert run.result.output == "Let me think. DONE"

    test_live = pytest.mark.anyio(test_live)

def test_in_a_loop(recorded):
    async def inner():
        return recorded(team(), "inside")
    anyio.run(inner)
"""


def test_every_conversation_of_every_test_has_a_recording_of_its_own_for_all_event_loops(project: Project) -> None:
    project.tests(ASYNC)
    project.run("--record").assert_outcomes(passed=8)
    names = project.recordings()
    assert len(names) == 9
    assert {"test_it/TestMore.test_one.jsonl", "test_it/TestMore.test_live.jsonl"} < set(names)
    assert project.asked == 9  # the second event loop found the recordings of the first
    project.run().assert_outcomes(passed=8)
    assert project.asked == 9


LIVE = """
def test_live(recorded):
    async def held():
        async with recorded.open(team({instructions}), "live") as run:
            await run.wait()
        return run.result
    assert anyio.run(held).output
"""


def test_a_live_run_that_asks_for_more_fails_at_its_end(project: Project) -> None:
    project.tests(LIVE.format(instructions="'a'"))
    project.run("--record").assert_outcomes(passed=1)
    project.tests(LIVE.format(instructions="'b'"))
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*is not in the record; the nearest recorded one is at event 5*"])
    project.run("--record=new").assert_outcomes(passed=1)
    project.run().assert_outcomes(passed=1)
    assert project.asked == 2


PROGRAMS = """
class Here:
    name = "here"
    def languages(self): return frozenset({"python"})
    async def probe(self): return REASON
    async def run(self, source, language, limits):
        from agentchat import CodeRun
        return CodeRun(language=language, status="ok", exit_code=0, stdout="42")

REASON = None

def test_programs(recorded):
    model = OpenAIModel("tiny", base_url=URL, api_key="k")
    chat = Conversation([Assistant("ann", model=model), UserProxy("run", sandbox=Here())], until=MaxTurns(2))
    result = recorded(chat, "go"EXACT)
    assert result.output.runs[0].stdout == "42"
"""


@pytest.mark.parametrize("exact", ["", ", exact=False"])
def test_programs_need_no_sandbox_then(pytester: pytest.Pytester, exact: str) -> None:
    with FakeServer([stream("```python\n", "print(42)\n```")]) as server:
        project = Project(pytester, server)
        text = PROGRAMS.replace("URL", repr(server.base_url)).replace("EXACT", exact)
        project.tests(text)
        project.run("--record").assert_outcomes(passed=1)
        project.tests(text.replace("REASON = None", 'REASON = "it is not installed"'))
        project.run().assert_outcomes(passed=1)
        assert project.asked == 1


# what is kept, and what is not


def test_no_key_stands_in_a_recording(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.tests(PLAIN)
    project.run("--record").assert_outcomes(passed=1)
    (request,) = project.server.requests
    assert KEY in " ".join(request.headers.values())
    assert KEY.encode() not in (project.folder / "test_it" / "test_prime.jsonl").read_bytes()
    monkeypatch.setenv("OUR_API_TOKEN", "think. DONE")
    result = project.run("--record=all")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["nothing was recorded: the conversation holds the value of OUR_API_TOKEN*"])


GONE = """
from agentchat import CallLimits

def test_gone(recorded):
    model = OpenAIModel("tiny", base_url="http://127.0.0.1:9/v1", timeout=1)
    limits = CallLimits(attempts=1)
    recorded(Conversation([Assistant("ann", model=model)], until=MaxTurns(1), limits=limits), "go")
"""


def test_a_conversation_that_could_not_be_held_is_not_kept(project: Project) -> None:
    project.tests(GONE)
    result = project.pytester.runpytest_subprocess("tests", "--record")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["the conversation could not be held, and nothing was recorded: ModelUnreachable*"])
    assert project.recordings() == []


ASSERTS = """
def test_live(recorded):
    async def held():
        async with recorded.open(team(), "live") as run:
            await run.wait()
            assert run.result.output == "another answer"
    anyio.run(held)
"""


def test_what_a_test_asserts_by_itself_is_shown_as_ever(project: Project) -> None:
    project.tests(ASSERTS)
    result = project.run("--record")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*assert run.result.output == *", "E *AssertionError: assert *"])


def test_a_damaged_recording_names_its_line(project: Project) -> None:
    project.tests(PLAIN)
    project.run("--record").assert_outcomes(passed=1)
    path = project.folder / "test_it" / "test_prime.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"10th", b"12th"))
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*test_prime.jsonl: line 4: *one was changed", "pytest --record=all records it anew"])
    path.write_bytes(whole[:-9])
    project.run().stdout.fnmatch_lines(["*the last line is unfinished"])


def test_real_models_are_switched_off_in_a_test_that_uses_recordings(project: Project) -> None:
    project.tests(
        PLAIN
        + """
def test_off(recorded):
    with pytest.raises(Exception, match="real models are switched off"):
        check_allowed("http://127.0.0.1:1/v1")

def test_on():
    check_allowed("http://api.example.com/v1")
"""
    )
    # in a process of its own, for here they are switched off for all
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AGENTCHAT")}
    command = [sys.executable, "-m", "pytest", "-q", "tests", "--record"]
    done = subprocess.run(
        command, cwd=project.pytester.path, env=environment, capture_output=True, timeout=60, check=False
    )
    assert b"3 passed" in done.stdout, done.stdout.decode()


# recordings as tests, and those of no test


def test_recordings_are_tests_of_their_own_where_that_is_set(project: Project) -> None:
    project.tests(PLAIN)
    project.run("--record").assert_outcomes(passed=1)
    project.pytester.makeini("[pytest]\nagentchat_check_transcripts = true\n")
    project.run().assert_outcomes(passed=2)
    path = project.folder / "test_it" / "test_prime.jsonl"
    edited = Transcript()
    for entry in Transcript.load(path):
        event = entry.event
        if event.kind == "turn_given":
            event = event.model_copy(update={"why": event.why.model_copy(update={"reason": "a whim"})})
        edited.enter(event, at=entry.at, active=entry.active, cause=entry.cause)
    edited.save(path)
    result = project.pytester.runpytest(str(path))
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*test_prime.jsonl does not replay: *at event 4", "event 4, the decision"])


def test_the_folder_can_be_another_one(project: Project) -> None:
    project.pytester.makeini("[pytest]\nagentchat_transcripts = kept/here\n")
    project.tests(PLAIN)
    project.run("--record").assert_outcomes(passed=1)
    assert (project.pytester.path / "kept" / "here" / "tests" / "test_it" / "test_prime.jsonl").is_file()


def test_recordings_that_no_test_uses_are_named(project: Project) -> None:
    project.tests(PLAIN)
    project.run("--record", "--unused-recordings").stdout.fnmatch_lines(["*every recording was used*"])
    project.tests(PLAIN.replace("test_prime", "test_other"))
    result = project.run("--record", "--unused-recordings")
    result.stdout.fnmatch_lines(["*unused recordings*", "tests/transcripts/test_it/test_prime.jsonl"])
    assert "test_other.jsonl" not in result.stdout.str()


def test_a_wrong_mode_is_told(project: Project) -> None:
    project.tests(PLAIN)
    result = project.pytester.runpytest("--record", "tests")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*'tests' is neither once, new nor all; write paths before --record"])


def test_whoever_does_not_use_the_plugin_does_not_pay_for_it(project: Project) -> None:
    project.pytester.makepyfile(
        "import sys\ndef test_it():\n"
        "    assert [name for name in sys.modules if name.startswith('agentchat')] == "
        "['agentchat', 'agentchat.pytest_plugin']\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:anyio"],
        cwd=project.pytester.path,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert b"1 passed" in done.stdout, done.stdout.decode()


def test_two_processes_that_record_the_same_leave_one_whole_recording(project: Project, tmp_path: Path) -> None:
    project.tests(PLAIN)
    command = [sys.executable, "-m", "pytest", "-q", "tests", "--record=all"]
    both = [subprocess.Popen(command, cwd=project.pytester.path, stdout=subprocess.PIPE) for _ in range(2)]
    for one in both:
        out, _ = one.communicate(timeout=60)
        assert b"1 passed" in out, out.decode()
    assert project.recordings() == ["test_it/test_prime.jsonl"]
    assert not list(project.folder.rglob(".*"))
    project.run().assert_outcomes(passed=1)
