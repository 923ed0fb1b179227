"""The live view: what the voices are doing, on standard error. It is only a client of the team's stream."""

import sys
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from rich.console import Console
from rich.status import Status
from rich.text import Text

from motet.cli.live_repo import RepoLines

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from motet.agents import Report
    from motet.tools.sandbox import Sandbox

COLOURS = {
    "planner": "cyan",
    "coder": "green",
    "tester": "yellow",
    "reviewer": "magenta",
    "recall": "blue",
    "learn": "blue",
    "finish": "white",
    "human": "bold",
}


class LiveView(RepoLines):
    """One line for everything that happened, and a spinner for what is happening.

    Args:
        quiet: Show nothing; for output that a program reads.
        console: Where to show it; standard error if left out.
    """

    def __init__(self, *, quiet: bool = False, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True, quiet=quiet, highlight=False)
        self._status: Status | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._busy(None)

    def prepare_model(self, chat: "BaseChatModel") -> None:
        """Fetch the embedded model's weights, with a progress bar of their own even where the view is quiet."""
        from motet.models import ensure_ready

        # Nothing spins meanwhile: a fetch has a progress bar of its own.
        self._busy(None)
        ensure_ready(chat)
        self._busy("reading the task")

    def prepare_memory(self, spec: str) -> None:
        """Open the memory of solved tasks; one that cannot be opened is told of, and the run does without."""
        if spec == "off":
            return
        from motet.memory import LocalEmbeddings, resolve_memory

        self._busy(None)
        try:
            LocalEmbeddings().prepare()
            self._busy("opening the memory")
            resolve_memory(spec)
        except Exception as problem:  # a disk, a database, a server
            self._line("recall", f"works without the memory: {problem}")
        finally:
            self._busy(None)

    def prepare_sandbox(self, find: "Callable[[], Sandbox]") -> "Sandbox":
        """Find the sandbox and see what it enforces."""
        self._busy("looking for a sandbox")
        machine = find()
        self._line("tester", f"sandbox: {machine.kind}{'' if machine.capabilities.isolated else ' (NOT isolated)'}")
        return machine

    def rest(self) -> None:
        """Stop spinning: nobody works while a human is asked."""
        self._busy(None)

    def tell(self, text: str) -> None:
        """Show a line that no voice says."""
        self._console.print(Text(text, style="dim"), soft_wrap=True)

    def show(self, event: Mapping[str, Any]) -> None:
        """Show one custom event of the stream."""
        handler = getattr(self, f"_on_{event['event']}", None)
        if handler is not None:
            handler(event["role"], event)

    def _on_contract(self, role: str, event: Mapping[str, Any]) -> None:
        contract = event["contract"]
        name = contract.signature or contract.entry_point or f"a {contract.kind}"
        examples = len(contract.examples)
        self._line(role, f"{name.removesuffix(':')}, {examples} example{'s' * (examples != 1)} in the task")

    def _on_plan(self, role: str, event: Mapping[str, Any]) -> None:
        for number, step in enumerate(event["plan"].steps, 1):
            self._line(role, f"{number}. {step}")

    def _on_no_plan(self, role: str, event: Mapping[str, Any]) -> None:
        self._line(role, f"no plan: {_short(event['problem'])}")

    def _on_recalled(self, role: str, event: Mapping[str, Any]) -> None:
        for one in event["recalled"]:
            what = {
                "same": "this very task",
                "reworded": f"a task like this ({one.similarity:.0%} alike)",
                "edited": "a task that differs in a few words",
            }[one.kinship]
            came = "an example for the coder" if one.kind == "example" else f"no answer: {_short(one.problem or '')}"
            self._line(role, f"{what}: {'its solution answers' if one.candidate is not None else came}")

    def _on_no_memory(self, role: str, event: Mapping[str, Any]) -> None:
        self._line(role, f"works without the memory: {_short(event['problem'])}")

    def _on_learned(self, role: str, event: Mapping[str, Any]) -> None:
        admission = event["admission"]
        self._line(role, f"{admission.outcome}: {_short(admission.reason)}")

    def _on_writing(self, role: str, event: Mapping[str, Any]) -> None:
        assignment = event["assignment"]
        what = {"first": "writing", "sample": "writing another answer", "repair": "repairing"}[assignment.kind]
        why = f": {_short(assignment.reason)}" if assignment.reason else ""
        self._busy(f"{role} is {what}{why}")

    def _on_tool(self, role: str, event: Mapping[str, Any]) -> None:
        self._line(role, f"answer {event['index'] + 1}: {event['tool']}: {_short(event['result'])}")

    def _on_candidate(self, role: str, event: Mapping[str, Any]) -> None:
        candidate = event["candidate"]
        lines = len(candidate.code.splitlines())
        if candidate.origin == "human":
            self._line(
                "human", f"answer {candidate.index + 1}, an edit of answer {candidate.repairs + 1}: {lines} lines"
            )
            return
        if candidate.origin == "memory":
            self._line(role, f"answer {candidate.index + 1} from the memory: {lines} lines")
            return
        kind = f"repair of answer {candidate.repairs + 1}" if candidate.repairs is not None else "answer"
        self._line(role, f"{kind} {candidate.index + 1}: {lines} lines")

    def _on_decision(self, role: str, event: Mapping[str, Any]) -> None:
        decision = event["decision"]
        did = {"approve": "approves", "edit": "edits", "reject": "rejects"}[decision.answer.decision]
        why = getattr(decision.answer, "feedback", None)
        self._line("human", f"{did} the {decision.what}{f': {_short(why)}' if why else ''}")

    def _on_void(self, role: str, event: Mapping[str, Any]) -> None:
        answer = event["answer"]
        self._line(role, f"answer {answer.index + 1} is void: {_short(answer.problem)}")

    def _on_stopped(self, role: str, event: Mapping[str, Any]) -> None:
        self._line(role, f"stops: {event['problem']}")

    def _on_choosing(self, role: str, event: Mapping[str, Any]) -> None:
        self._busy(f"{role} is choosing inputs")

    def _on_testing(self, role: str, event: Mapping[str, Any]) -> None:
        self._busy(f"{role} is running answer {event['index'] + 1}")

    def _on_sandbox_failed(self, role: str, event: Mapping[str, Any]) -> None:
        self._line(role, f"answer {event['index'] + 1}: the sandbox failed: {_short(event['problem'])}")

    def _on_report(self, role: str, event: Mapping[str, Any]) -> None:
        self._line(role, f"answer {event['report'].candidate + 1}: {_outcome(event['report'])}")

    def _on_review(self, role: str, event: Mapping[str, Any]) -> None:
        findings = event["review"].findings
        self._line(role, "nothing to block" if not findings else "")
        for finding in findings:
            self._line(role, f"{'blocks' if finding.blocks else 'comment'}: {_short(finding.message)}")

    def _line(self, role: str, text: str) -> None:
        if text:
            # In one piece: a spinner is redrawn below whatever is printed.
            named = Text.assemble((f"{role:>8}", COLOURS.get(role, "white")), "  ", text)
            self._console.print(named, soft_wrap=True)

    def _busy(self, what: str | None) -> None:
        """Spin, where somebody is looking."""
        if self._status is not None:
            self._status.stop()
            self._status = None
        if what is not None and sys.stderr.isatty() and not self._console.quiet:
            self._status = self._console.status(what)
            self._status.start()


def _outcome(report: "Report") -> str:
    if report.infrastructure:
        return f"the sandbox failed: {_short(report.infrastructure)}"
    if report.loads.outcome != "passed":
        return f"does not load: {_short(report.loads.message)}"
    parts = []
    for results, what in ((report.given, "of your tests"), (report.examples, "examples")):
        if results:
            passed = sum(result.outcome == "passed" for result in results)
            parts.append(f"{passed} of {len(results)} {what} passed")
    failures = report.failures()
    if failures:
        parts.append(_short(f"{failures[0].name}: {failures[0].message}"))
    if report.observations:
        values = sum(result.value is not None for result in report.observations)
        parts.append(f"gave values on {values} of {len(report.observations)} further inputs")
    return ", ".join(parts) or "loads; nothing to hold it against"


def _short(text: str, length: int = 160) -> str:
    text = " ".join(text.split())
    return text if len(text) <= length else f"{text[: length - 1]}…"
