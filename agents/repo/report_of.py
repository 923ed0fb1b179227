"""From runs of tests to the tester's word on a patch."""

import ast
from collections.abc import Collection, Mapping, Sequence

from motet.agents.repo.baseline import Baseline
from motet.agents.repo.patch_candidate import PatchCandidate
from motet.agents.repo.patch_report import PatchReport
from motet.tools.diagnosis import Diagnosis, read_traceback
from motet.tools.git import read_patch
from motet.tools.source import parse_python
from motet.tools.suite import SuiteRun, TestResult

FAILING = ("failed", "error", "timeout")
REGRESSIONS = 20
"""Tests that broke are told by name up to this many; more tell nothing more."""
UNCOVERED = 10
FAILURE_CHARACTERS = 2500


def report_of(
    candidate: PatchCandidate,
    baseline: Baseline,
    *,
    chosen: Collection[str],
    runs: Sequence[SuiteRun],
    again: SuiteRun | None,
    content: Mapping[str, bytes | None],
    whole: bool = False,
) -> PatchReport:
    """Read what runs of one patch showed.

    Args:
        candidate: The patch.
        baseline: What there was before.
        chosen: The tests that were run besides the reproductions, all of which had passed.
        runs: All runs.
        again: A second run of those that failed; what passes in it is flaky and no regression.
        content: The changed files as they are now.
        whole: Whether the whole suite was run.
    """
    results = {result.id: result for run in runs for result in run.results}
    flaky = {result.id for result in again.results if result.outcome == "passed"} if again else set()
    regressions = [results[name] for name in chosen if name in results and results[name].outcome in FAILING]
    # A file that does not load any more takes all of its tests with it, and is told by its name alone.
    broken = {name: result for name, result in results.items() if "::" not in name and result.outcome in FAILING}
    files = {name.partition("::")[0] for name in chosen if name not in results}
    regressions += [result for name, result in broken.items() if name in files]
    regressions = [one for one in regressions if one.id not in flaky]
    shown = {one.path: _of_file(results, one.path) for one in baseline.reproductions}
    first = next((one for one in (*shown.values(), *regressions) if one and one.outcome != "passed"), None)
    failing = set(baseline.failing)
    tampered = next((run.tampering for run in runs if run.tampering), None)
    infrastructure = next((run.problem or "the sandbox failed" for run in runs if run.infrastructure), None)
    covered, uncovered = _covered(candidate, content, runs)
    notes = [f"{len(flaky)} tests failed once and passed again: flaky"] if flaky else []
    notes += [tampered] if tampered else []
    return PatchReport(
        candidate=candidate.index,
        reproductions={path: result for path, result in shown.items() if result is not None},
        given=tuple(one.path for one in baseline.given),
        regressions=tuple(regressions[:REGRESSIONS]),
        kept=sum(name in flaky or _passed(results.get(name)) for name in chosen),
        unknown=sum(name not in results or results[name].outcome in ("not_run", "skipped") for name in chosen),
        mended=tuple(sorted(name for name in failing if _passed(results.get(name)))),
        covered=covered,
        uncovered=uncovered,
        whole=whole,
        diagnosis=_diagnosis(first),
        failure=f"{first.id}: {first.detail or first.message}"[-FAILURE_CHARACTERS:] if first else "",
        sandbox=runs[0].sandbox if runs else baseline.sandbox,
        isolated=all(run.isolated for run in runs) if runs else baseline.isolated,
        infrastructure=infrastructure,
        notes=tuple(notes),
    )


def _of_file(results: Mapping[str, TestResult], path: str) -> TestResult | None:
    """What a test file showed in all: its first test that does not pass, if one does not."""
    own = [result for name, result in results.items() if name.partition("::")[0] == path]
    return next((one for one in own if one.outcome != "passed"), own[0] if own else None)


def _passed(result: TestResult | None) -> bool:
    return result is not None and result.outcome == "passed"


def _diagnosis(failed: TestResult | None) -> Diagnosis | None:
    if failed is None or not failed.detail:
        return None
    line = "=" * 20
    return read_traceback(f"{line} FAILURES {line}\n____ {failed.id} ____\n{failed.detail}\n{line} end {line}\n")


def _covered(
    candidate: PatchCandidate, content: Mapping[str, bytes | None], runs: Sequence[SuiteRun]
) -> tuple[tuple[int, int] | None, tuple[str, ...]]:
    """Which of the patch's lines ran, of those in which a statement begins."""
    ran: dict[str, set[int]] = {}
    for run in runs:
        for path, lines in run.lines.items():
            ran.setdefault(path, set()).update(lines)
    if not ran:
        return None, ()
    there, missed = 0, []
    for file in read_patch(candidate.patch).files:
        if file.path not in ran:
            continue
        statements = _statements(content.get(file.path))
        wanted = [line for line in file.added if line in statements]
        there += len(wanted)
        missed += [f"{file.path}:{line}" for line in wanted if line not in ran[file.path]]
    return (there - len(missed), there), tuple(missed[:UNCOVERED])


def _statements(content: bytes | None) -> set[int]:
    tree = parse_python((content or b"").decode("utf-8", "replace"))
    if tree is None:
        return set()
    nodes = (node for node in ast.walk(tree) if isinstance(node, ast.stmt))
    return {node.lineno for node in nodes if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))}
