"""The policies of the repository team that there are, each number with its reason.

`docs/fix.md` shows this table; a test holds the two together.
"""

from typing import Any, NamedTuple

from langchain_core.language_models import BaseChatModel

from motet.graphs.auto_policy import LARGE_ENOUGH, class_of
from motet.graphs.policies import CLASSES, SIZES, shown
from motet.graphs.repo.policy import RepoPolicy


class RepoNumber(NamedTuple):
    """One number of all policies."""

    field: str
    values: tuple[Any, Any, Any, Any, Any]
    """In the order of `CLASSES`."""
    reason: str


REPO_NUMBERS = (
    RepoNumber(
        "edit",
        ("function", "function", "function", "blocks", "blocks"),
        "Small models break edit formats: with whole files Qwen2.5-Coder-1.5B edits 28.6 % of Aider's exercises, and"
        " only 32B is measured with diffs. `auto` makes it `agent` from 32b on, where the model calls tools.",
    ),
    RepoNumber("rounds", (8, 8, 12, 24, 30), "Looking, editing, testing and mending take three to five rounds each."),
    RepoNumber(
        "widen",
        (False, False, False, True, True),
        "The index finds the file of 92 of 100 issues among its first ten without a model; the rest is what a model"
        " that reads the map may find. Small models name files that do not exist.",
    ),
    RepoNumber(
        "targets",
        (4, 4, 4, 3, 3),
        "The right function is among the first five for half of SWE-bench Lite's issues; where the fault can be run it"
        " is nearly always among those that ran.",
    ),
    RepoNumber(
        "candidates",
        (6, 6, 6, 3, 3),
        "A patch that passes ends the search, so that only hard issues pay for all: each function once as the model"
        " thinks best, then again with other words and a higher temperature.",
    ),
    RepoNumber(
        "batch", (1, 1, 1, 3, 3), "Servers compute answers side by side; the embedded model gains little by it."
    ),
    RepoNumber("temperature", (0.8, 0.8, 0.8, 0.7, 0.7), "As for tasks without a repository."),
    RepoNumber(
        "repair_rounds",
        (0, 0, 1, 2, 3),
        "Told the failing test, Qwen2.5-Coder mends 4 of 95 answers at 1.5B and 16 of 54 at 32B (Aider's leaderboard);"
        " below 7B another function or another draw is the better use of a call.",
    ),
    RepoNumber(
        "reproductions",
        (1, 1, 1, 2, 2),
        "Only asked for where the issue holds no code. One that a model wrote orders patches and proves nothing; two"
        " that agree prove something.",
    ),
    RepoNumber("comment", (False, False, False, True, True), "A remark of a small model is seldom true."),
    RepoNumber(
        "max_answer_tokens",
        (1536, 1536, 2048, 4096, 8192),
        "A whole function, or edits over several files.",
    ),
    RepoNumber(
        "context_characters",
        (8_000, 8_000, 16_000, 60_000, 120_000),
        "About a quarter of them are tokens; long before the end of a window models lose track of what is in it.",
    ),
    RepoNumber("test_files", (12, 12, 12, 12, 12), "Those that import what changes; the rest comes at the end."),
    RepoNumber("run_seconds", (90, 90, 90, 90, 90), "Long enough for most suites; the slowest tests wait for the end."),
    RepoNumber("affected_seconds", (30, 30, 30, 30, 30), "A patch is tested about as long as it takes to write one."),
    RepoNumber("suite_seconds", (300, 300, 300, 300, 300), "Twice at most in a run; 0 leaves it out."),
    RepoNumber(
        "role_seconds", (3600, 3600, 3600, 3600, 1800), "An agent with slow tests takes more than half an hour."
    ),
)

REPO_POLICIES = {
    name: RepoPolicy.model_validate({"name": name, **{number.field: number.values[at] for number in REPO_NUMBERS}})
    for at, name in enumerate(CLASSES)
}


def resolve_repo_policy(spec: str | RepoPolicy, model: BaseChatModel) -> RepoPolicy:
    """Find a policy for work on a repository.

    Args:
        spec: As for `motet.graphs.resolve_policy`; a `RepoPolicy` is returned as it is.
        model: What `auto` looks at.

    Raises:
        ValueError: No policy has this name.
    """
    if isinstance(spec, RepoPolicy):
        return spec
    name = SIZES.get(spec, spec)
    if name in REPO_POLICIES:
        return REPO_POLICIES[name]
    if spec != "auto":
        known = ", ".join(["auto", *REPO_POLICIES, *SIZES])
        raise ValueError(f"No policy is called {spec!r}; there are {known}, or give a `RepoPolicy` of your own.")
    policy = REPO_POLICIES[class_of(model)]
    profile = getattr(model, "profile", None) or {}
    if profile.get("tool_calling") and policy.name in LARGE_ENOUGH:
        return policy.model_copy(update={"edit": "agent", "name": f"{policy.name} fitted"})
    return policy


def repo_policy_table() -> str:
    """All policies as a Markdown table: a row for every number, with its reason."""
    rows = [
        ["number", *CLASSES, "why"],
        ["---", *["--:"] * len(CLASSES), "---"],
        *([f"`{number.field}`", *map(shown, number.values), number.reason] for number in REPO_NUMBERS),
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
