"""The tasks of `memory_stream.py`, and what can be said of them without any model for code."""

import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from langchain_core.embeddings import Embeddings
from pydantic import BaseModel, ConfigDict

from motet.agents import read_contract
from motet.agents.cases import example_cases
from motet.agents.gist import gist_of, interface_of
from motet.memory.patterns.kinship import Kinship, kinship_of
from motet.memory.patterns.likeness import likeness, overlap
from motet.tools.sandbox import Limits, Sandbox
from motet.tools.testing import read_tests, run_cases

TASKS = Path(__file__).with_name("memory_stream_tasks.toml")
Kind = Literal["first", "rephrasing", "variant"]
KINDS: tuple[Kind, ...] = ("first", "rephrasing", "variant")


class Task(BaseModel):
    """One task of the stream."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    kind: Kind = "first"
    of: str | None = None
    """The earlier task that it says in other words, or varies."""
    entry_point: str
    """What the scoring tests call; the text says it as well."""
    text: str
    """All that a team is given."""
    solution: str
    """A reference, for checking the tasks themselves."""
    scoring: str
    """Asserts that judge an answer; no agent, prompt or memory sees them."""


def read_stream(path: Path = TASKS) -> list[Task]:
    """All tasks, in their order.

    Raises:
        ValueError: A task repeats one that does not come before it.
    """
    tasks = [Task.model_validate(row) for row in tomllib.loads(path.read_text("utf-8"))["task"]]
    for place, task in enumerate(tasks):
        if (task.kind == "first") != (task.of is None):
            raise ValueError(f"{task.name}: a rephrasing or variant names the task that it is `of`, and no other does")
        if task.of is not None and task.of not in {earlier.name for earlier in tasks[:place]}:
            raise ValueError(f"{task.name}: no task named {task.of} comes before it")
    return tasks


def scores(sandbox: Sandbox, code: str, task: Task) -> bool:
    """Whether code passes the scoring tests."""
    with sandbox.session() as session:
        return read_tests(task.scoring).run(session, code, limits=Limits(wall_seconds=60)).passed


def passes_examples(sandbox: Sandbox, code: str, task: Task) -> bool | None:
    """Whether code passes the examples that the team would read in the text; `None` if there are none."""
    cases = example_cases(read_contract(task.text))
    if not cases:
        return None
    with sandbox.session() as session:
        return run_cases(session, code, cases).passed


def check(tasks: Sequence[Task], sandbox: Sandbox) -> int:
    """Hold tasks, references and tests against each other, in a row for each task; gives the number of mistakes.

    What solves the task that is repeated must solve a rephrasing too, and must not solve a variant.
    """
    by_name = {task.name: task for task in tasks}
    mistakes = 0
    print("| task | kind | examples | the reference passes them, and scoring | so does the earlier solution |")
    print("|---|---|--:|---|---|", flush=True)
    for task in tasks:
        contract = read_contract(task.text)
        own = passes_examples(sandbox, task.solution, task), scores(sandbox, task.solution, task)
        wrong = own[0] is False or not own[1] or contract.entry_point != task.entry_point
        told = ""
        if task.of is not None:
            earlier = by_name[task.of]
            code = f"{earlier.solution}\n\n{task.entry_point} = {earlier.entry_point}\n"
            theirs = passes_examples(sandbox, code, task), scores(sandbox, code, task)
            wrong = wrong or theirs[1] != (task.kind == "rephrasing")
            wrong = wrong or (task.kind == "rephrasing" and theirs[0] is False)
            told = f"{task.of}: {_told(theirs[0])}, {_told(theirs[1])}"
        mistakes += wrong
        name = f"{task.name} **wrong**" if wrong else task.name
        passes = f"{_told(own[0])}, {_told(own[1])}"
        print(f"| {name} | {task.kind} | {len(contract.examples)} | {passes} | {told} |", flush=True)
    counts = {kind: sum(task.kind == kind for task in tasks) for kind in KINDS}
    print(
        f"\n{len(tasks)} tasks ({', '.join(f'{kind}: {count}' for kind, count in counts.items())}), {mistakes} wrong."
    )
    return mistakes


def _told(passes: bool | None) -> str:
    return {True: "yes", False: "no", None: "has none"}[passes]


class Likeness(NamedTuple):
    """How like a task is to an earlier one, as the pattern memory compares them."""

    earlier: Task
    cosine: float
    words: float
    """The share of words that both have."""
    similarity: float
    """Both in one figure."""
    kinship: Kinship
    """What the memory makes of that."""
    fits: bool
    """Whether a solution of the earlier one can be called as this one wants."""


class Likenesses(NamedTuple):
    """A task beside all that came before it."""

    task: Task
    asked: Likeness | None
    """To the task that it repeats, if it does."""
    rank: int | None
    """The place of that task among all earlier ones, counted from 1."""
    other: Likeness
    """To the most similar task that it does not repeat."""


def likenesses(tasks: Sequence[Task], embeddings: Embeddings) -> Iterator[Likenesses]:
    """Compare each task with those before it."""
    contracts = [read_contract(task.text) for task in tasks]
    gists = [gist_of(contract) for contract in contracts]
    vectors = np.array(embeddings.embed_documents(gists))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = vectors @ vectors.T
    for place, task in enumerate(tasks):
        wanted = interface_of(contracts[place])
        found = []
        for at, earlier in enumerate(tasks[:place]):
            cosine = float(cosines[place, at])
            known = interface_of(contracts[at]).completed(earlier.solution)
            similarity = likeness(cosine, gists[place], gists[at])
            words = overlap(gists[place], gists[at])
            kinship = kinship_of(gists[place], gists[at], same=gists[place] == gists[at])
            found.append(Likeness(earlier, cosine, words, similarity, kinship, known.fits(wanted)))
        found.sort(key=lambda one: -one.similarity)
        rank, asked = next(((n, one) for n, one in enumerate(found, 1) if one.earlier.name == task.of), (None, None))
        # Another repetition of what this task repeats is no distractor.
        others = [one for one in found if task.of is None or task.of not in (one.earlier.name, one.earlier.of)]
        if others:
            yield Likenesses(task, asked, rank, others[0])


def show_pairs(tasks: Sequence[Task], embeddings: Embeddings, name: str) -> None:
    """Print the likenesses, and what each similarity floor would let through."""
    rows = list(likenesses(tasks, embeddings))
    print(f"embeddings {name}; what is compared is the task without its examples\n")
    print(
        "| task | kind | of | cosine | words | similarity | kinship | rank | fits | nearest other | similarity | fits |"
    )
    print("|---|---|---|--:|--:|--:|---|--:|---|---|--:|---|")
    for row in sorted(rows, key=lambda row: (KINDS.index(row.task.kind), -(row.asked or row.other).similarity)):
        asked, other = row.asked, row.other
        cells = [row.task.name, row.task.kind, row.task.of or ""]
        cells += [f"{asked.cosine:.3f}", f"{asked.words:.3f}", f"{asked.similarity:.3f}"] if asked else [""] * 3
        cells += [asked.kinship if asked else "", str(row.rank or ""), _told(asked.fits) if asked else ""]
        cells += [other.earlier.name, f"{other.similarity:.3f}", _told(other.fits)]
        print(f"| {' | '.join(cells)} |")
    print(
        "\n| floor | rephrasings above | variants above | others above | of these fit: rephrasings, variants, others |"
    )
    print("|--:|--:|--:|--:|---|")
    pairs = {kind: [row.asked for row in rows if row.asked and row.task.kind == kind] for kind in KINDS[1:]}
    groups = [*pairs.values(), [row.other for row in rows]]
    for step in range(40, 100, 5):
        above = [[one for one in group if one.similarity >= step / 100] for group in groups]
        cells = [f"{len(found)} of {len(group)}" for found, group in zip(above, groups, strict=True)]
        cells += [", ".join(str(sum(one.fits for one in found)) for found in above)]
        print(f"| {step / 100:.2f} | {' | '.join(cells)} |")
