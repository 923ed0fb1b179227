"""Asks the human at the terminal, or says how to answer where nobody sits at one."""

import json
import signal
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from motet.cli.editing import SUFFIXES, answer_of, text_of
from motet.cli.editor import EditorError, edit_text
from motet.cli.errors import WAITING, BadInputError
from motet.cli.result import MARKS
from motet.cli.task import read_text

if TYPE_CHECKING:
    from motet.graphs.runs import Question, Run

TITLES = {"contract": "The contract", "plan": "The plan", "code": "The code"}
CHOICES = r"\[[bold]a[/]]pprove  \[[bold]e[/]]dit  \[[bold]r[/]]eject  (Ctrl-C leaves the run waiting) "


def can_ask(*, as_json: bool) -> bool:
    """Whether somebody is there to answer."""
    return not as_json and sys.stdin.isatty() and sys.stderr.isatty()


def ask(question: "Question") -> dict[str, Any]:
    """Show what is asked and wait for a decision.

    Raises:
        KeyboardInterrupt: The human left.
    """
    console = Console(stderr=True, highlight=False)
    what, shown = question.value["what"], question.value["shown"]
    console.print(shown_as(question))
    draft = text_of(what, shown)
    with _interruptible():
        while True:
            choice = _input(console, CHOICES).strip().lower()[:1]
            if choice == "a":
                return {"decision": "approve"}
            if choice == "r":
                why = _input(console, "What is wrong? Empty ends the run: ").strip()
                return {"decision": "reject", "feedback": why or None}
            if choice == "e":
                try:
                    edited = edit_text(draft, suffix=SUFFIXES[what])
                    if edited == text_of(what, shown):
                        console.print("Nothing was changed.")
                        continue
                    draft = edited
                    return checked(question, answer_of(what, shown, edited))
                except (BadInputError, EditorError) as problem:
                    # What was written is there again at the next try.
                    console.print(f"[red]{escape(str(problem))}[/]", soft_wrap=True)


def checked(question: "Question", answer: dict[str, Any]) -> dict[str, Any]:
    """See that an answer is one before the run goes on with it.

    Raises:
        BadInputError: Saying what is wrong with it.
    """
    from pydantic import ValidationError

    from motet.agents import read_answer

    try:
        read_answer(question.value["what"], answer)
    except ValidationError as error:
        problems = [
            ": ".join([".".join(map(str, one["loc"][2:])), one["msg"].removeprefix("Value error, ")]).lstrip(": ")
            for one in error.errors()
        ]
        raise BadInputError(f"The {question.value['what']} cannot be used: {'; '.join(problems)}.") from None
    return answer


def read_answers(run: "Run", *, approve: bool, reject: str | None, edit: Path | None) -> dict[str, dict[str, Any]]:
    """The answer that options give to what a run asks, by the question's id; nothing where they give none.

    Raises:
        BadInputError: There is more than one, nothing is asked, or the answer is none to it.
    """
    given = [
        name
        for name, value in (("--approve", approve), ("--reject", reject), ("--edit", edit))
        if value not in (False, None)
    ]
    if not given:
        return {}
    if len(given) > 1:
        raise BadInputError(f"{' and '.join(given)} exclude each other; give one.")
    if not run.questions:
        raise BadInputError(f"Run {run.id} asks nothing; it is {run.status}. {given[0]} is for one that waits.")
    (question,) = run.questions
    what, shown = question.value["what"], question.value["shown"]
    if edit is not None:
        text = sys.stdin.read() if str(edit) == "-" else read_text(edit, what)
        answer = answer_of(what, shown, text)
    else:
        answer = {"decision": "approve"} if approve else {"decision": "reject", "feedback": reject or None}
    return {question.id: checked(question, answer)}


def shown_as(question: "Question") -> RenderableType:
    """What is asked, for a terminal."""
    what, shown = question.value["what"], question.value["shown"]
    body = {"contract": _contract, "plan": _plan, "code": _code}[what](shown)
    return Group("", Text(f"{TITLES[what]}, for you to approve:", style="bold"), Padding(body, (1, 2)))


def tell_waiting(question: "Question", run: str, *, as_json: bool) -> typer.Exit:
    """Say what a run waits for and how to answer, and how to exit."""
    if as_json:
        what, shown = question.value["what"], question.value["shown"]
        waiting = {"what": what, "value": shown, "schema": question.response_schema, "answer": answers(run)}
        told = {"run": run, "status": "waiting", "waiting": waiting}
        typer.echo(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        console = Console(stderr=True, highlight=False)
        console.print(shown_as(question))
        console.print(f"Run {run} waits for your decision:")
        for command in answers(run):
            console.print(f"  {command}", markup=False, soft_wrap=True)
    return typer.Exit(WAITING)


def answers(run: str) -> list[str]:
    """The commands that answer."""
    return [
        f"motet resume {run} --approve",
        f'motet resume {run} --reject "what is wrong"',
        f"motet resume {run} --edit FILE",
    ]


def _contract(shown: Mapping[str, Any]) -> RenderableType:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    rows = [
        ("task", shown["task"].strip()),
        ("to write", f"a {shown['kind']}" + (f", called {shown['entry_point']}" if shown["entry_point"] else "")),
        ("signature", shown["signature"]),
        ("imports", "\n".join(shown["imports"])),
        ("given code", shown["preamble"].strip()),
        ("constraints", "\n".join(shown["constraints"])),
        ("examples", "\n".join(map(_example, shown["examples"])) or "none were found"),
    ]
    for name, value in rows:
        if value:
            table.add_row(name, Text(value))
    return table


def _example(example: Mapping[str, Any]) -> str:
    if example["expected"] is None:
        return example["code"]
    return f"{example['code']}  {'shows' if example['form'] == 'doctest' else 'is'}  {example['expected']}"


def _plan(shown: Mapping[str, Any]) -> RenderableType:
    return Text("\n".join(f"{number}. {step}" for number, step in enumerate(shown["steps"], 1)))


def _code(shown: Mapping[str, Any]) -> RenderableType:
    from motet.graphs import Evidence
    from motet.graphs.telling import tested

    evidence = Evidence.model_validate(shown["evidence"])
    verdict = Text.assemble((shown["verdict"], MARKS[shown["verdict"]]), "  ", evidence.reason)
    parts: list[RenderableType] = [
        Syntax(shown["candidate"]["code"].rstrip(), "python", background_color="default", word_wrap=True),
        "",
        verdict,
        Text("\n".join(f"  {line}" for line in tested(evidence))),
    ]
    if shown["problem"]:
        parts.append(Text(f"Nothing came of your last word: {shown['problem']}", style="yellow"))
    return Group(*parts)


def _input(console: Console, prompt: str) -> str:
    try:
        return console.input(prompt)
    except EOFError:
        raise KeyboardInterrupt from None


@contextmanager
def _interruptible() -> Generator[None]:
    """Let Ctrl-C end a question: an event loop takes it for itself, and would not get to it before the answer."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
