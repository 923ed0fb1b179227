"""Puts an issue and what is known of the fault into words for a model, within bounds."""

import re

from motet.agents.repo.baseline import Baseline

ISSUE_CHARACTERS = 6000
FAILURE_CHARACTERS = 900
END = re.compile(r"<\s*/\s*issue\s*>", re.IGNORECASE)
"""Where an issue would seem to be over that is not."""


def issue_text(issue: str, characters: int = ISSUE_CHARACTERS) -> str:
    """An issue, without its middle where it is too long: the fault is told at the beginning, the error at the end."""
    text = END.sub("[/issue]", issue.strip())
    if len(text) <= characters:
        return text
    head = characters * 2 // 3
    return f"{text[:head]}\n[... {len(text) - characters} characters left out]\n{text[head - characters :]}"


def failure_text(baseline: Baseline | None, at: int | None = None) -> str:
    """What running the fault showed, for a prompt; empty where it was not run.

    Args:
        baseline: With the reproductions.
        at: Which of them; the first that says anything if left out.
    """
    shown = next((one.failure for one in baseline.reproductions if one.failure), "") if baseline else ""
    if baseline and at is not None:
        shown = baseline.reproductions[at].failure
    if not shown:
        return ""
    cut = shown if len(shown) <= FAILURE_CHARACTERS else f"...\n{shown[-FAILURE_CHARACTERS:]}"
    return f"\nRunning it shows:\n\n```\n{cut.strip()}\n```\n"
