"""A patch's result for those who are not Python: lines for people, plain data for programs, a message for a commit."""

from typing import Any

from motet.graphs.repo.state import RepoOutput, RepoState
from motet.graphs.repo.verdict import PatchEvidence

TITLE = 68
"""Characters of a commit's first line that logs show whole."""
SHOWN = 5


def patch_object(result: RepoOutput | RepoState) -> dict[str, Any]:
    """The result as plain data."""
    evidence = result["evidence"]
    told = evidence.model_dump(mode="json")
    tests = ("reproductions", "kept", "regressions", "unknown", "failing_before", "mended", "flaky", "whole_suite")
    return {
        "verdict": result["verdict"],
        "reason": evidence.reason,
        "patch": result["patch"],
        "files": list(evidence.files),
        "tests": {name: told[name] for name in (*tests, "covered", "uncovered")},
        "review": {"done": evidence.reviewed, "remarks": told["remarks"]},
        "usage": result["usage"].model_dump(mode="json"),
        "plan": result["plan"].model_dump(mode="json"),
        "sandbox": {"kind": evidence.sandbox, "isolated": evidence.isolated},
        "notes": list(evidence.notes),
    }


def patch_tested(evidence: PatchEvidence) -> list[str]:
    """How a patch was tested, in lines."""
    lines = []
    if evidence.sandbox:
        lines.append(f"ran in: {evidence.sandbox}{'' if evidence.isolated else ' (not isolated: verifies nothing)'}")
    for one in evidence.reproductions:
        outcome = "fails before, passes now" if one.passes else f"fails before and now: {_line(one.after)}"
        lines.append(f"{one.source}: {outcome}")
    scope = "the whole suite" if evidence.whole_suite else "the tests that could be affected"
    if evidence.kept or evidence.regressions:
        lines.append(f"{scope}: {evidence.kept} still pass, {len(evidence.regressions)} broke")
    lines += [f"broke: {_line(one)}" for one in evidence.regressions[:SHOWN]]
    if evidence.unknown:
        lines.append(f"not run for lack of time: {evidence.unknown}")
    if evidence.mended:
        lines.append(f"failed before and pass now: {_some(evidence.mended)}")
    if evidence.failing_before:
        lines.append(f"failed before already, and still do: {_some(evidence.failing_before)}")
    if evidence.flaky:
        lines.append(f"flaky, and left out: {_some(evidence.flaky)}")
    if evidence.covered and evidence.covered[1]:
        missed = f", not {', '.join(evidence.uncovered)}" if evidence.uncovered else ""
        lines.append(f"of the changed lines {evidence.covered[0]} of {evidence.covered[1]} ran{missed}")
    if evidence.agreeing > 1:
        lines.append(f"{evidence.agreeing} of {evidence.candidates} patches are the same")
    lines += [f"{'blocks' if one.blocks else 'remark'}: {_line(one.text)}" for one in evidence.remarks]
    lines += [f"note: {_line(one)}" for one in evidence.notes[:SHOWN]]
    return lines


def commit_message(result: RepoOutput | RepoState) -> str:
    """A message for the commit of a patch, which says what was proved and what was not."""
    title = " ".join(result["plan"].title.split()) or "Change the code as an issue asks for"
    if len(title) > TITLE:
        title = f"{title[: TITLE - 1]}…"
    body = [f"{result['verdict'].capitalize()}: {result['evidence'].reason}", ""]
    body += [f"- {line}" for line in patch_tested(result["evidence"])]
    models = " and ".join(result["usage"].by_model) or "no model"
    return "\n".join([title, "", *body, "", f"Written by motet with {models}.", ""])


def _line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 200 else f"{line[:199]}…"


def _some(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"{', '.join(names[:SHOWN])}{more}"
