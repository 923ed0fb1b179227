"""Tells a model what was tried before, so that it does not try that again."""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from string import Template

from motet.agents.attempt import Attempt

FAILED = {"failed": "fails", "does_not_load": "does not load", "void": "holds no code that can be used"}
"""What is said of those that are told; one that passed, or could not be run, has nothing to teach."""


def worth_telling(
    attempts: Sequence[Attempt], *, most: int, besides: int | None = None, set_aside: frozenset[str] = frozenset()
) -> tuple[Attempt, ...]:
    """The last of those that failed, each way to fail once.

    Args:
        attempts: A state's.
        most: How many.
        besides: The candidate whose failure is told anyway.
        set_aside: Examples that count for nothing.
    """
    told = {one.failure for one in attempts if one.index == besides}
    worth: list[Attempt] = []
    for one in attempts:
        if one.outcome in FAILED and one.test not in set_aside and one.failure not in told:
            told.add(one.failure)
            worth.append(one)
    return tuple(worth[len(worth) - min(most, len(worth)) :])


def in_words(attempts: Sequence[Attempt]) -> str:
    """A paragraph for a prompt, with a blank line before it; empty where there are none.

    What it quotes stands on lines of its own in a fence that it cannot close.
    """
    lines = [_line(one) for one in attempts]
    return "\n\n" + _form().substitute(attempts="\n".join(lines)) if lines else ""


def _line(attempt: Attempt) -> str:
    what = f"answer {attempt.index + 1} ({attempt.kind}) {FAILED[attempt.outcome]}"
    problem = f"{attempt.test}: {attempt.problem}" if attempt.test else attempt.problem
    return f"{what}: {problem.rstrip('.')}. {attempt.why}".rstrip().replace("```", "'''")


@cache
def _form() -> Template:
    text = (files("motet.agents") / "prompts" / "recount.md").read_text(encoding="utf-8")
    return Template(text.strip())
