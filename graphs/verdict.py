"""From evidence to a verdict, by rules that can be read here."""

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from motet.agents import Candidate, Contract, Report, Review
from motet.graphs.peers import Peers, find_peers
from motet.graphs.policy import Policy
from motet.tools.checks import Coverage, SecurityFinding
from motet.tools.diagnosis import Diagnosis

TeamVerdict = Literal["verified", "plausible", "unverified"]
"""`verified`: ran in a real sandbox and passed the user's tests, or several examples of the task with independent
answers that behave alike. `plausible`: nothing speaks against it, something for it. `unverified`: the best there is."""

NOBODY = Peers()


class Evidence(BaseModel):
    """What stands behind a verdict."""

    model_config = ConfigDict(frozen=True)

    sandbox: str | None
    """The kind of sandbox; `None` if nothing ran."""
    isolated: bool
    """Whether it kept the code away from the host."""
    tests_passed: int
    """Of the user's own tests."""
    tests_total: int
    examples_passed: int
    """Of the examples that the task gives, those set aside left out."""
    examples_total: int
    set_aside: tuple[str, ...]
    """Examples that no candidate passed; they were probably misread and count for nothing."""
    inputs_compared: int
    """Inputs beyond the examples on which another answer that passes every trusted test gave the same value."""
    agreeing: int
    """Independent answers, this one included, that pass every trusted test and do not contradict it on any input."""
    dissenting: int
    """Independent answers that pass every trusted test and contradict it somewhere."""
    contradiction: str | None
    """Where, in the words of the first that does."""
    failures: tuple[str, ...]
    """Trusted tests that it fails, and whatever else the reviewer blocks on."""
    remembered: str | None = None
    """The pattern of the memory that it comes from, if it does."""
    diagnosis: Diagnosis | None = None
    """Why the first of those tests fails: the place in the code, with the values there."""
    comments: tuple[str, ...]
    """Remarks that do not block."""
    security: tuple[SecurityFinding, ...] | None = None
    """What bandit found in the code, the worst first; `None` where nobody looked. It informs and does not block: the
    code ran in a sandbox, and how dangerous it is elsewhere depends on how it is used there."""
    coverage: Coverage | None = None
    """What the tests and examples reach of the code, where that was asked for."""
    reason: str
    """Why the verdict is what it is, in one sentence."""


def judge(
    best: Candidate | None,
    candidates: Sequence[Candidate],
    reports: Mapping[int, Report],
    *,
    contract: Contract,
    review: Review | None,
    policy: Policy,
    aside: frozenset[str],
) -> tuple[TeamVerdict, Evidence]:
    """Weigh the evidence for the best candidate."""
    report = reports.get(best.index) if best else None
    if best is None or report is None:
        missing = "No answer could be read as code." if best is None else "Nothing was run."
        return "unverified", _evidence(None, review, contract, aside, reason=missing)
    evidence = _evidence(report, review, contract, aside, find_peers(best, candidates, reports, aside))
    evidence = evidence.model_copy(update={"remembered": best.pattern})

    def decide(verdict: TeamVerdict, reason: str) -> tuple[TeamVerdict, Evidence]:
        return verdict, evidence.model_copy(update={"reason": reason})

    if report.infrastructure:
        return decide("unverified", f"The sandbox failed: {report.infrastructure}")
    if report.loads.outcome != "passed":
        return decide("unverified", f"The code does not load: {report.loads.message}")
    if evidence.failures:
        return decide("unverified", f"It fails: {evidence.failures[0]}")
    weakness = _weakness(report, review)
    if weakness:
        return decide("plausible", weakness)
    if evidence.tests_total and not aside:
        return decide("verified", "It passes all of the given tests.")
    if evidence.tests_total:
        return decide("plausible", "It passes the given tests, but some examples of the task were set aside.")
    return decide(*(_remembered(best, evidence, policy) or _by_examples(evidence, policy)))


def _weakness(report: Report, review: Review | None) -> str | None:
    """Why nothing can be proved, whatever was passed."""
    if not report.isolated:
        return "It ran on the bare host, and what ran there verifies nothing."
    findings = review.findings if review else ()
    return next((finding.message for finding in findings if finding.kind == "not_reviewed"), None)


def _remembered(best: Candidate, evidence: Evidence, policy: Policy) -> tuple[TeamVerdict, str] | None:
    """The rules for a solution from the memory that passes again what it was admitted by; `None` if others decide."""
    if best.kinship == "same":
        return "verified", "It was verified for this very task before, and passes its tests again."
    is_held = evidence.examples_total >= policy.verify_examples and not evidence.set_aside
    if best.kinship != "reworded" or not is_held or evidence.dissenting:
        return None
    return "verified", (
        f"It was verified for a task like this before, and passes all {evidence.examples_total} examples of this one."
    )


def _by_examples(evidence: Evidence, policy: Policy) -> tuple[TeamVerdict, str]:
    """The rules where the user gave no tests."""
    passed = f"{evidence.examples_passed} of the task's examples"
    if not evidence.examples_total and evidence.agreeing > 1 and evidence.inputs_compared:
        alike = f"{evidence.agreeing} independent answers behave alike"
        return "plausible", f"No example was found in the task; {alike} on {evidence.inputs_compared} inputs."
    if not evidence.examples_total:
        return (
            "unverified",
            "No example was found in the task and no tests were given: there is nothing to hold it against.",
        )
    if evidence.set_aside:
        return "plausible", f"It passes {passed}, but no candidate passes {', '.join(evidence.set_aside)}."
    if evidence.examples_total < policy.verify_examples:
        return "plausible", f"It passes {passed}, which is too few to prove it."
    if evidence.dissenting:
        return (
            "plausible",
            f"It passes {passed}, but another answer that does so contradicts it: {evidence.contradiction}.",
        )
    if evidence.agreeing < policy.verify_agreeing or evidence.inputs_compared < policy.verify_inputs:
        return "plausible", f"It passes {passed}, but no independent answer confirms it on further inputs."
    alike = f"{evidence.agreeing} independent answers behave alike on {evidence.inputs_compared} further inputs"
    return "verified", f"It passes {passed}, and {alike}."


def _evidence(
    report: Report | None,
    review: Review | None,
    contract: Contract,
    aside: frozenset[str],
    peers: Peers = NOBODY,
    *,
    reason: str = "",
) -> Evidence:
    findings = review.findings if review else ()
    failing = report.failures(set_aside=aside) if report else ()
    failures = dict.fromkeys(
        [f"{result.name}: {result.message or result.outcome}" for result in failing]
        + [finding.message for finding in findings if finding.blocks]
    )
    examples = [result for result in report.examples if result.name not in aside] if report else []
    return Evidence(
        sandbox=report.sandbox if report else None,
        isolated=bool(report and report.isolated),
        tests_passed=sum(result.outcome == "passed" for result in report.given) if report else 0,
        tests_total=len(report.given) if report else 0,
        examples_passed=sum(result.outcome == "passed" for result in examples),
        examples_total=len(examples) if report else len(contract.examples),
        # In the task's own words, so that whoever wrote them can see which was misread.
        set_aside=tuple(
            example.text for number, example in enumerate(contract.examples, 1) if f"example {number}" in aside
        ),
        inputs_compared=peers.compared,
        agreeing=peers.agreeing,
        dissenting=peers.dissenting,
        contradiction=peers.contradiction,
        failures=tuple(failures),
        diagnosis=report.diagnosed(set_aside=aside) if report else None,
        comments=tuple(finding.message for finding in findings if not finding.blocks),
        security=review.security if review else None,
        coverage=review.coverage if review else None,
        reason=reason,
    )
