"""A result for those who are not Python: lines for people, plain data for programs, one text for a chat."""

import re
from typing import Any

from motet.graphs.state import TeamOutput, TeamState
from motet.graphs.verdict import Evidence
from motet.tools.checks import Coverage


def result_object(result: TeamOutput | TeamState) -> dict[str, Any]:
    """The result as plain data, for JSON and for what must outlive its types."""
    return {
        "verdict": result["verdict"],
        "code": result["code"],
        "usage": result["usage"].model_dump(mode="json"),
        "evidence": result["evidence"].model_dump(mode="json"),
        "decisions": [decision.model_dump(mode="json") for decision in result.get("decisions", [])],
    }


def tested(evidence: Evidence) -> list[str]:
    """How it was tested, in lines."""
    lines = []
    if evidence.sandbox:
        lines.append(f"ran in: {evidence.sandbox}{'' if evidence.isolated else ' (not isolated: verifies nothing)'}")
    if evidence.remembered:
        lines.append(f"from the memory: {evidence.remembered}")
    if evidence.tests_total:
        lines.append(f"your tests: {evidence.tests_passed} of {evidence.tests_total} passed")
    if evidence.examples_total:
        lines.append(f"examples of the task: {evidence.examples_passed} of {evidence.examples_total} passed")
    if evidence.set_aside:
        lines.append(f"set aside, since no answer passes them: {', '.join(evidence.set_aside)}")
    if evidence.agreeing > 1 or evidence.dissenting:
        lines.append(
            f"independent answers: {evidence.agreeing} alike, {evidence.dissenting} different,"
            f" on {evidence.inputs_compared} further inputs"
        )
    lines += [f"fails: {failure}" for failure in evidence.failures[:5]]
    if evidence.diagnosis:
        # Its first line says what fails, which has just been said.
        lines += [f"why: {line.strip()}" for line in evidence.diagnosis.text(characters=600).splitlines()[1:3]]
    if evidence.coverage:
        lines.append(_reached(evidence.coverage))
    lines += [f"security: {finding.text}" for finding in (evidence.security or ())[:5]]
    lines += [f"comment: {comment}" for comment in evidence.comments]
    return lines


def _reached(coverage: Coverage) -> str:
    """What the tests reach, and the lines and branches that they do not."""
    told = f"the tests reach {coverage.percent:g} % of its lines and branches"
    missing = [f"line {line}" for line in coverage.missing_lines]
    missing += [
        f"line {start} to {end if end > 0 else 'the end'}"
        for start, end in coverage.missing_branches
        if start not in coverage.missing_lines and end not in coverage.missing_lines
    ]
    more = ", ..." if len(missing) > 5 else ""
    return f"{told}, not {', '.join(missing[:5])}{more}" if missing else told


def in_words(result: TeamOutput) -> str:
    """The result as Markdown: the code in a fence, the verdict, and how it was tested."""
    evidence = result["evidence"]
    parts = [fenced(result["code"])] if result["code"] else []
    parts.append(f"**{result['verdict']}**: {evidence.reason}")
    parts.append("\n".join(f"- {' '.join(line.splitlines())}" for line in tested(evidence)))
    return "\n\n".join(part for part in parts if part)


def fenced(code: str) -> str:
    """Python in a fence that is longer than any run of backticks in it."""
    longest = max((len(run) for run in re.findall(r"`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}python\n{code.rstrip()}\n{fence}"
