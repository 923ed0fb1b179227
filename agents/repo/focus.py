"""Orders the targets of a plan by what running the fault has shown.

The function that is at fault ran when the fault showed, and ran in few tests that pass: Ochiai's measure (Abreu et al.,
"An Evaluation of Similarity Coefficients for Software Fault Localization", 2006). Alone it cannot tell functions apart
that always run together, so the words of the issue and the frames of a traceback count too.
"""

import math
from collections.abc import Iterable, Sequence

from motet.agents.repo.baseline import Reached
from motet.agents.repo.change_plan import ChangePlan, Target
from motet.tools.diagnosis import Frame

MOST = 20
UNTOUCHED = 0.2
"""What is left of a target's weight that did not run when the fault showed."""
FRAME = 0.5
"""What a place in the fault's traceback adds, the innermost the most."""


def focused(plan: ChangePlan, reached: Sequence[Reached], frames: Iterable[Frame] = ()) -> ChangePlan:
    """A plan with its targets in a better order, and with those that only running has found.

    Args:
        plan: As the index has it.
        reached: Functions that the fault runs through; nothing where it could not be shown.
        frames: Of the fault's traceback, the innermost last.
    """
    ranked = any(one.rank is not None for one in plan.targets)
    given = [one if ranked else one.model_copy(update={"rank": at}) for at, one in enumerate(plan.targets)]
    by_words = {(one.path, one.symbol): one.rank for one in given if one.rank is not None}
    ran = {(one.path, one.symbol): one for one in reached if one.shows}
    in_frames = _in_frames(frames, given, reached)
    if not ran and not in_frames:
        return plan
    known = {(one.path, one.symbol): one for one in given}
    scored: list[Target] = []
    for key in dict.fromkeys((*known, *ran)):
        words = 1 / (by_words[key] + 2) if key in by_words else 0.0
        here = ran.get(key)
        score = words + (_ochiai(here) if here else 0.0)
        score = score if here or not ran else score * UNTOUCHED
        score += FRAME * in_frames.get(key, 0.0)
        target = known.get(key) or _target(here)
        scored.append(
            target.model_copy(update={"score": score, "reason": _reason(by_words.get(key), here, key in in_frames)})
        )
    scored.sort(key=lambda one: -one.score)
    targets = tuple(scored[:MOST])
    files = dict.fromkeys((*plan.files, *(one.path for one in targets[: MOST // 2])))
    return plan.model_copy(update={"targets": targets, "files": tuple(files)})


def _ochiai(here: Reached) -> float:
    """By the reproductions, all of which fail, and the tests that pass."""
    failing = len(here.shows)
    return failing / math.sqrt(failing * (failing + here.passing))


def _in_frames(
    frames: Iterable[Frame], targets: Sequence[Target], reached: Sequence[Reached]
) -> dict[tuple[str, str], float]:
    """Functions in the traceback: 1 for the innermost, less for those around it."""
    spans = {(one.path, one.symbol): (one.start_line, one.end_line) for one in (*targets, *reached)}
    found: dict[tuple[str, str], float] = {}
    for depth, frame in enumerate(reversed(list(frames))):
        file = (frame.file or "").replace("\\", "/")
        for (path, symbol), (start, end) in spans.items():
            inside = start <= frame.line <= end and symbol.rpartition(".")[2] == frame.function
            if inside and (file == path or file.endswith(f"/{path}")):
                found.setdefault((path, symbol), 1 / (depth + 1))
    return found


def _target(here: Reached | None) -> Target:
    assert here is not None, "what the words did not find has run"
    return Target(path=here.path, symbol=here.symbol, start_line=here.start_line, end_line=here.end_line)


def _reason(rank: int | None, here: Reached | None, in_frames: bool) -> str:
    parts = [f"number {rank + 1} of what the issue's words lead to"] if rank is not None else []
    parts += [f"runs when the fault shows, and in {here.passing} tests that pass"] if here else []
    parts += ["stands in its traceback"] if in_frames else []
    return "; ".join(parts) or "does not run when the fault shows"
