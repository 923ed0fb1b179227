"""A task becomes a contract. No model is asked: what is not in the words of the task is not in the contract."""

import ast
import re
from collections.abc import Iterable, Iterator

from motet.agents.contract import Contract, Example
from motet.agents.reading.arrows import arrows, is_recurrence
from motet.agents.reading.asserts import asserts
from motet.agents.reading.code import CodeRegion, code_regions, is_stub, parse
from motet.agents.reading.constraints import constraints
from motet.agents.reading.doctests import doctests
from motet.agents.reading.labelled import labelled, sentences
from motet.agents.reading.outline import Outline, outline, source_of
from motet.agents.reading.sessions import bound_names
from motet.agents.reading.target import Placed, Target

_EXACT_FORMS = ("doctest", "assert")
_SORTABLE = ({int}, {float}, {int, float}, {str})
_ANY_ORDER = re.compile(
    r"\breturn[^.]{0,80}\bany order\b|\bany order\b[^.]{0,40}\breturn|\border[^.]{0,30}(?:does|do) not matter", re.I
)
_ANY_ANSWER = re.compile(
    r"\b(?:return|print|output)\s+any(?:\s+(?:of\s+(?:them|those|these)|one|valid|such|possible|solution|answer)|\s*[.,])"
    r"|\bany\s+(?:valid|correct|of\s+them|one\s+of\s+them)\b[^.]{0,40}\b(?:accepted|fine|returned|answer)",
    re.I,
)


def read_contract(task: str, *, entry_point: str | None = None) -> Contract:
    """Read a task into a contract.

    Examples are taken only where both sides are sure: the call is a call of the entry point with plain data, and the
    value is plain data that nothing behind it changes. Two examples that contradict each other are both left out.

    Args:
        task: The task as it was given: a stub with a docstring, words, or words with code in them.
        entry_point: The name that the tests will call, where somebody knows it; it wins over what the task says.
    """
    regions = code_regions(task)
    shape = outline(task, regions, entry_point)
    text = _words(task, regions, shape)
    examples = _examples(text, shape, regions) if shape.entry_point is not None else ()
    return Contract(
        task=task,
        kind=shape.kind,
        entry_point=shape.entry_point,
        signature=shape.signature,
        parameters=shape.parameters,
        returns=shape.returns,
        imports=shape.imports,
        preamble=shape.preamble,
        constraints=constraints(_without_examples(text, examples)),
        examples=examples,
    )


def _examples(text: str, shape: Outline, regions: list[CodeRegion]) -> tuple[Example, ...]:
    assert shape.entry_point is not None
    arguments = shape.definition.args if shape.definition is not None else None
    target = Target(
        entry_point=shape.entry_point,
        parameters=shape.parameters,
        knows_parameters=arguments is not None and not (arguments.vararg or arguments.kwarg),
        returns=shape.returns,
        is_class=shape.kind == "class" and "." not in shape.entry_point,
        given_names=frozenset(_given_names(shape, regions)),
    )
    readings = [text]
    docstring = _docstring(shape)
    if docstring is not None and "\\" in text:
        # A docstring with escapes says one thing as source and another as text; its author meant the one that reads.
        readings.append(docstring)
    best = max((_read(reading, target) for reading in reversed(readings)), key=len)
    return _consistent(best)


def _read(text: str, target: Target) -> list[Example]:
    found: list[Placed] = []
    forms = [doctests, asserts]
    if not target.is_class:
        forms += [labelled, arrows, sentences]
    for form in forms:
        for placed in form(text, target):
            found.append(placed)
            # What one form has read is not there for the next.
            text = text[: placed.start] + _blank(text[placed.start : placed.end]) + text[placed.end :]
    examples = [placed.example for placed in sorted(found, key=lambda each: each.start)]
    if is_recurrence(text, target) or _ANY_ANSWER.search(text):
        return [example for example in examples if example.form in _EXACT_FORMS]
    return list(_with_any_order(examples, target)) if _ANY_ORDER.search(text) else examples


def _with_any_order(examples: list[Example], target: Target) -> Iterator[Example]:
    """Where every order is right, lists are compared sorted, if they can be sorted; else they say nothing."""
    for example in examples:
        try:
            value = ast.literal_eval(example.expected or "None")
        except ValueError:
            value = None
        if example.form in _EXACT_FORMS or not isinstance(value, list) or len(value) < 2:
            yield example
        elif example.code.startswith(target.entry_point) and {type(item) for item in value} in _SORTABLE:
            changed = {"code": f"sorted({example.code})", "expected": repr(sorted(value))}
            yield example.model_copy(update=changed)


def _consistent(examples: Iterable[Example]) -> tuple[Example, ...]:
    """Each example once; none whose code is said to give two different values."""
    expected: dict[str, set[str | None]] = {}
    kept: dict[tuple[str, str | None], Example] = {}
    for example in examples:
        expected.setdefault(example.code, set()).add(example.expected)
        kept.setdefault((example.code, example.expected), example)
    return tuple(example for (code, _), example in kept.items() if len(expected[code]) == 1)


def _words(task: str, regions: list[CodeRegion], shape: Outline) -> str:
    """The task without finished code: what a helper does or says is no word about the entry point."""
    text = task
    for region in regions:
        for node in region.tree.body:
            if node is not shape.node and isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
                text = _without(text, source_of(region.source, node))
    definition = shape.definition
    if shape.region is not None and definition is not None and shape.node is not None and not is_stub(definition):
        for statement in definition.body[1 if ast.get_docstring(definition) else 0 :]:
            text = _without(text, source_of(shape.region.source, statement))
    return text


def _without_examples(text: str, examples: Iterable[Example]) -> str:
    for example in examples:
        text = _without(text, example.text)
    return text


def _without(text: str, segment: str) -> str:
    return text.replace(segment, _blank(segment)) if segment.strip() else text


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def _docstring(shape: Outline) -> str | None:
    node = shape.definition or (shape.node if isinstance(shape.node, ast.ClassDef) else None)
    return ast.get_docstring(node) if node is not None else None


def _given_names(shape: Outline, regions: list[CodeRegion]) -> set[str]:
    names: set[str] = set()
    for source in ("\n".join(shape.imports), shape.preamble):
        tree = parse(source)
        if tree is not None:
            names |= bound_names(tree)
    return names
