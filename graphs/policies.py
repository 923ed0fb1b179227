"""The policies that there are, each number with its reason.

`docs/policies.md` shows this table; a test holds the two together. Where a reason names no source, the figure was
measured with motet and stands in `benchmarks/RESULTS.md`.
"""

from typing import Any, NamedTuple

from motet.graphs.policy import Policy

CLASSES = {
    "0.5b": "under 1B parameters",
    "1.5b": "1B to 5B, such as the embedded model",
    "7b": "5B to 20B, and models on a server nearby that do not tell their size",
    "32b": "20B to 100B",
    "api": "larger ones, and those behind an API that do not tell their size",
}
"""For which models each policy is."""

SIZES = {"small": "1.5b", "medium": "7b", "large": "32b"}
"""Words for those who do not know a model's size in parameters."""


class Number(NamedTuple):
    """One number of all policies."""

    field: str
    values: tuple[Any, Any, Any, Any, Any]
    """In the order of `CLASSES`."""
    reason: str


NUMBERS = (
    Number(
        "plan",
        (False, False, False, True, True),
        "Reasoning in words before the code costs Qwen2.5-Coder-1.5B-Instruct 15.2 points and 7B 0.6, and brings 14B"
        ' 2.4 ("Think Less, Code Better", 2026).',
    ),
    Number(
        "coder",
        ("whole", "whole", "whole", "whole", "whole"),
        "`auto` makes it `agent` from 32b on, where the model's profile says that it calls tools. Smaller ones write"
        " their calls as text: offered a tool, the embedded 0.5B and 1.5B called none in six tries. Nor do they mend"
        " much (see `repair_rounds`), which is what tools are for.",
    ),
    Number(
        "rounds",
        (4, 4, 6, 8, 8),
        "A first try, its mending and an answer are three; most of what is mended is mended in the first two rounds"
        " (arXiv 2604.10508).",
    ),
    Number(
        "candidates",
        (6, 5, 5, 3, 3),
        "Choosing among 2 to 5 answers by the task's own examples recovers 71 to 79 % of what a perfect choice would"
        " (computed from CodeT's published samples for HumanEval). An answer of a 0.5B model is cheap and often wrong;"
        " large models answer much alike, and their answers cost more. At 1.5B the fifth takes the place of a repair.",
    ),
    Number(
        "batch",
        (1, 1, 1, 2, 2),
        "One at a time lets the team leave early. Servers compute answers side by side, and two is what a proof takes.",
    ),
    Number(
        "parallel",
        (False, False, False, True, True),
        "Servers answer several calls at once. So does the embedded model, and sooner than one after the other; but"
        " what is computed beside another answer is rounded otherwise, and a seed would no longer repeat a run.",
    ),
    Number(
        "patience",
        (3, 3, 2, 2, 2),
        "Instruct models repeat themselves: Qwen2.5-Coder-3B solves 63.4 % of MBPP with one answer and 68 % with five"
        " (card of a fine-tune of it). Small models are given one more draw, since nothing better would come next.",
    ),
    Number(
        "temperature",
        (0.8, 0.8, 0.8, 0.7, 0.7),
        "0.8 is what CodeT and most others sample with; large models need less of it to differ.",
    ),
    Number(
        "max_answer_tokens",
        (1024, 1024, 2048, 4096, 8192),
        "The longest solution in HumanEval has about 300 tokens; a small model that goes on for 1000 repeats itself."
        " Larger ones are given larger tasks and write whole modules.",
    ),
    Number(
        "inputs",
        (16, 16, 16, 16, 16),
        "Made from the examples without a call, and run in one start of the sandbox; good inputs beat random ones by up"
        " to 11 points, how votes are counted matters nothing (arXiv 2605.08680).",
    ),
    Number(
        "model_inputs",
        (8, 8, 8, 8, 8),
        "Asked for only where the examples give too few: about a third of the tokens of an answer. Never their results,"
        " which weak models get wrong two times in three (CodeT's samples).",
    ),
    Number(
        "remember",
        ("answer", "answer", "answer", "answer", "answer"),
        "A remembered solution that answers costs runs and no tokens. One that does not is shown to no model: of 1.5B's"
        " tasks it made one right and one wrong, and the wrong one was `verified`, since answers written with one"
        " example in sight agree. Larger models were not measured.",
    ),
    Number(
        "repair_rounds",
        (0, 0, 2, 3, 3),
        "Told the failing test, Qwen2.5-Coder mends 0 of 114 answers at 0.5B, 4 of 95 at 1.5B, 8 of 64 at 7B and 16 of"
        " 54 at 32B (Aider's edit leaderboard). Of the embedded 1.5B's repairs 1 of 36 was right, of its fresh answers"
        " to the same tasks 9 of 36, so the call goes to one more of those. What a human asks for is repaired with any"
        " model.",
    ),
    Number(
        "diagnose",
        ("result", "result", "repair", "repair", "repair"),
        "A run in the sandbox and no model. At 1.5B it does not help: told the diagnosis, 2 of 36 repairs were right,"
        " told one line 1, and 9 of 36 fresh answers. For larger models it is on from the literature and not measured"
        " here: repair improves with size, and values from the run with it (LDB on HumanEval: one answer more for"
        " StarCoder-15B, ten for CodeLlama-34B).",
    ),
    Number(
        "recount",
        (0, 0, 3, 4, 4),
        "The failure that is to be repaired is told anyway; these are the other answers', 30 to 120 tokens each. Small"
        " models mend nothing even with the diagnosis of one (see `diagnose`). That larger ones gain by them is from"
        " the literature and not measured here: told their failures round after round, models of 8B and more gain,"
        " mostly in the first two rounds (arXiv 2604.10508).",
    ),
    Number(
        "recount_to",
        ("repairs", "repairs", "repairs", "repairs", "repairs"),
        "Answers that agree prove something because each was written without sight of the others. Whether telling fresh"
        " answers of failures brings more was not measured; `all` does so.",
    ),
    Number(
        "comment",
        (False, False, False, True, True),
        "A comment moves nothing and costs a call; from a small model it is seldom true.",
    ),
    Number(
        "verify_examples",
        (2, 2, 2, 2, 2),
        "Of answers that pass the task's examples one in eight is wrong all the same (164 tasks with 40 of CodeT's"
        " samples each), so one example proves little.",
    ),
    Number(
        "verify_agreeing",
        (2, 2, 2, 2, 2),
        "With two, `verified` was true for 13 of 15 tasks of HumanEval, and `plausible` for 8 of 14.",
    ),
    Number(
        "verify_inputs",
        (6, 6, 6, 6, 6),
        "Wrong programs that share the examples' results part company on few further inputs; six are left to compare"
        " on where a task allows only some of the sixteen.",
    ),
    Number(
        "role_seconds",
        (1800, 1800, 3600, 3600, 900),
        "The longest answer at one token a second, as a busy processor may write it, or the loading of weights; an API"
        " that is silent for a quarter of an hour, all retries included, has hung.",
    ),
    Number(
        "sandbox_tries",
        (3, 3, 3, 3, 3),
        "A container that was killed comes back in a new session; an engine that fails three times is down.",
    ),
)

POLICIES = {
    name: Policy.model_validate({"name": name, **{number.field: number.values[at] for number in NUMBERS}})
    for at, name in enumerate(CLASSES)
}
SMALL, MEDIUM, LARGE = (POLICIES[SIZES[size]] for size in ("small", "medium", "large"))


def policy_table() -> str:
    """All policies as a Markdown table: a row for every number, with its reason."""
    rows = [
        ["number", *CLASSES, "why"],
        ["---", *["--:"] * len(CLASSES), "---"],
        *([f"`{number.field}`", *map(shown, number.values), number.reason] for number in NUMBERS),
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def shown(value: float | str) -> str:
    """A number in a table."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}"
