"""Mistakes that some tests notice, and a script that shows them."""

import random
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from motet.evals.repairs.ground import Ground
from motet.evals.repairs.hiding import find_test, test_name
from motet.evals.repairs.issue import FRAME, REPORT, Report
from motet.evals.repairs.snippet import Snippet, snippet_of
from motet.tools.mutation import OPERATORS, Mutation, mutations_of
from motet.tools.suite import Overlay, SuiteRun, TestResult

MOST_NOTICE = 15
"""A mistake that more tests notice would not have got through anybody's review."""
MOST_REACH = 150
MOST_FUNCTIONS = 150
SNIPPETS_TRIED = 6


@dataclass(frozen=True)
class Bug:
    """A mistake that was found out."""

    mutation: Mutation
    noticed: tuple[str, ...]
    """The tests that fail because of it."""
    near: tuple[str, ...]
    """Tests of the same files that pass all the same, those first that come through the function."""
    report: Report


def find_bugs(ground: Ground, *, seed: int, operators: Collection[str] = OPERATORS) -> Iterator[Bug]:
    """Give mistakes one by one, of different functions, the kinds in turn.

    Args:
        ground: The package.
        seed: Decides which ones.
        operators: The kinds.

    Raises:
        SandboxError: The sandbox failed.
    """
    draw = random.Random(seed)  # noqa: S311 - a choice, no secret
    functions = sorted(key for key, tests in ground.reach.items() if len(tests) <= MOST_REACH)
    functions = draw.sample(functions, min(len(functions), MOST_FUNCTIONS))
    # The kinds that there are fewest of come first; a function is tried with one mistake only and then left.
    made = Counter(dict.fromkeys(draw.sample(sorted(operators), len(operators)), 0))
    told: set[str] = set()
    possible = _possible(ground, functions, operators, seed)
    while functions:
        kinds = sorted(made, key=lambda name: made[name])
        choices = ((function, kind) for kind in kinds for function in functions if kind in possible[function])
        function, kind = next(choices, (None, ""))
        if function is None:
            return
        functions.remove(function)
        bug = _bug(ground, possible[function][kind], told)
        if bug is not None:
            made[kind] += 1
            told.add(bug.report.test)
            yield bug


def _possible(
    ground: Ground, functions: Sequence[tuple[str, str]], operators: Collection[str], seed: int
) -> dict[tuple[str, str], dict[str, Mutation]]:
    """One mistake of each kind for each function."""
    found: dict[tuple[str, str], dict[str, Mutation]] = {function: {} for function in functions}
    for path in sorted({path for path, _ in functions}):
        symbols = {symbol for one, symbol in functions if one == path}
        text = ground.text(path)
        for mutation in mutations_of(text, path=path, symbols=symbols, operators=operators, seed=seed):
            found[path, mutation.symbol].setdefault(mutation.operator, mutation)
    return found


def overlay_of(ground: Ground, mutations: Sequence[Mutation]) -> Overlay:
    """The files with mistakes in them."""
    texts: dict[str, str] = {}
    # From the end of a file to its beginning, so that each stands where it was found.
    for one in sorted(mutations, key=lambda one: -one.start):
        texts[one.path] = one.apply(texts.get(one.path, ground.text(one.path)))
    return {path: text.encode() for path, text in texts.items()}


def noticed_by(run: SuiteRun, stable: Collection[str]) -> tuple[str, ...] | None:
    """The tests that fail; `None` where the mistake hangs, crashes or touches more than a few."""
    failing = tuple(test for test in run.failing if test in stable)
    hangs = not run.complete or run.tampering or any(one.outcome == "timeout" for one in run.results)
    mostly = len(failing) * 2 > len(run.results)
    return None if hangs or not 0 < len(failing) <= MOST_NOTICE or (mostly and len(failing) > 2) else failing


def is_hidden_by_name(ground: Ground, test: str) -> bool:
    """Whether a test's definition stands in its own file, where it can be cut out."""
    path, _, name = test_name(test).partition("::")
    return find_test(ground.text(path), name) is not None


def _bug(ground: Ground, mutation: Mutation, told: Collection[str]) -> Bug | None:
    overlay = overlay_of(ground, [mutation])
    reaching = ground.reach[mutation.path, mutation.symbol]
    run = ground.run(sorted({test.partition("::")[0] for test in reaching}), overlay, MOST_NOTICE)
    noticed = noticed_by(run, set(ground.stable))
    if noticed is None or not all(is_hidden_by_name(ground, test) for test in noticed):
        return None
    report = _report(ground, noticed, overlay, told)
    if report is None:
        return None
    passed = set(run.passed)
    near = [test for test in dict.fromkeys((*reaching, *run.passed)) if test in passed and test in set(ground.stable)]
    return Bug(mutation=mutation, noticed=noticed, near=tuple(near), report=report)


def _report(ground: Ground, noticed: Sequence[str], overlay: Overlay, told: Collection[str]) -> Report | None:
    """A script that fails with the mistake and passes without it; `None` where none can be made."""
    made: list[tuple[str, Snippet]] = []
    for test in noticed:
        path, _, name = test_name(test).partition("::")
        snippet = snippet_of(ground.text(path), name, ground.case_of(test))
        if snippet is not None and name not in told and len(made) < SNIPPETS_TRIED:
            made.append((test, snippet))
    shorter: list[tuple[str, Snippet]] = []
    for (test, snippet), result in zip(made, try_snippets(ground, [one for _, one in made], overlay), strict=True):
        if result.outcome in ("failed", "error"):
            # Of a long traceback only the end is told.
            frame = next((one for one in FRAME.finditer(result.detail) if one["path"].startswith(REPORT)), None)
            text = ground.text(test.partition("::")[0])
            cut = snippet if frame is None else snippet.until(int(frame["line"]), text)
            if cut is not None and cut.is_short:
                shorter.append((test, cut))
    shorter.sort(key=lambda one: len(one[1].script))
    snippets = [one for _, one in shorter]
    broken = try_snippets(ground, snippets, overlay)
    whole = try_snippets(ground, snippets, {})
    for (test, snippet), result, without in zip(shorter, broken, whole, strict=True):
        if result.outcome in ("failed", "error") and without.outcome == "passed" and FRAME.search(result.detail):
            return Report(test=test_name(test).partition("::")[2], snippet=snippet, result=result)
    return None


def try_snippets(ground: Ground, snippets: Sequence[Snippet], overlay: Overlay) -> list[TestResult]:
    """Run scripts as tests."""
    if not snippets:
        return []
    files: Mapping[str, bytes] = {f"{REPORT}_{at}.py": snippet.as_test.encode() for at, snippet in enumerate(snippets)}
    run = ground.run(list(files), {**overlay, **files})
    found = [run.result(f"{path}::test_report") for path in files]
    return [one or TestResult(id=path, outcome="not_run") for one, path in zip(found, files, strict=True)]
