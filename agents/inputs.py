"""Inputs on which candidates are compared with each other. What the right answers are, nobody says here."""

import ast
import random
from collections.abc import Iterable, Iterator
from itertools import chain, zip_longest
from typing import Any, NamedTuple

from motet.agents.contract import Contract
from motet.agents.mutations import Scale, variants
from motet.agents.reading.code import parse
from motet.agents.reading.target import Target
from motet.agents.reading.values import parse_expression
from motet.agents.samples import samples
from motet.tools.literals import NotLiteralError

_ROUNDS = 6
"""How often mutants are mutated again where there are too few."""


class Arguments(NamedTuple):
    """The arguments of one call."""

    given: tuple[Any, ...]
    named: tuple[tuple[str, Any], ...] = ()

    @property
    def values(self) -> tuple[Any, ...]:
        """All of them, in the order in which they are written."""
        return (*self.given, *(value for _, value in self.named))

    def changed(self, at: int, value: Any) -> "Arguments":
        """The same arguments but for one."""
        values = [*self.values[:at], value, *self.values[at + 1 :]]
        names = [name for name, _ in self.named]
        split = len(self.given)
        return Arguments(tuple(values[:split]), tuple(zip(names, values[split:], strict=True)))

    @property
    def shape(self) -> tuple[int, tuple[str, ...]]:
        """Which arguments there are."""
        return len(self.given), tuple(name for name, _ in self.named)


def mutate_inputs(contract: Contract, *, count: int, seed: int) -> tuple[str, ...]:
    """Make call expressions from the examples' arguments, without a model.

    One argument is changed at a time, since arguments often belong together; where an integer is the length of another
    argument in every example, it follows it. Without examples the annotations say what to try; without those there is
    nothing.

    Args:
        contract: What the task says.
        count: How many to make at most.
        seed: The same seed makes the same inputs.
    """
    if contract.entry_point is None or (contract.kind == "class" and contract.entry_point == contract.defines):
        return ()  # an object tells nothing by itself
    target = _target(contract)
    seen = _seen(contract, target)
    draw = random.Random(f"{seed} {contract.entry_point}")  # noqa: S311 - inputs, not secrets
    calls: dict[str, None] = {}
    for arguments in _candidates(seen, contract, draw):
        if len(calls) >= count:
            break
        call = target.call(arguments.given, dict(arguments.named))
        # Annotations that an example defies are no guide.
        if call not in calls and (target.accepts(arguments.given, dict(arguments.named)) or not seen):
            calls[call] = None
    taken = {target.call(each.given, dict(each.named)) for each in seen}
    return tuple(call for call in calls if call not in taken)


def read_calls(texts: Iterable[str], contract: Contract) -> tuple[str, ...]:
    """Keep of somebody's proposals those that are one call of the entry point with literal arguments; normalised."""
    if contract.entry_point is None:
        return ()
    target = _target(contract)
    calls: dict[str, None] = {}
    for text in texts:
        try:
            tree = parse_expression(text.strip().strip("`").removeprefix(">>>").strip())
        except NotLiteralError:
            continue
        arguments = target.arguments(tree) if isinstance(tree, ast.Call) else None
        if arguments is not None:
            calls[target.call(*arguments)] = None
    return tuple(calls)


def _target(contract: Contract) -> Target:
    assert contract.entry_point is not None
    open_ended = "*" in (contract.signature or "").replace("**", "*")
    return Target(
        entry_point=contract.entry_point,
        parameters=contract.parameters,
        knows_parameters=contract.signature is not None and contract.signature.startswith("def ") and not open_ended,
        returns=contract.returns,
    )


def _seen(contract: Contract, target: Target) -> list[Arguments]:
    """The arguments of every call in the examples, each once."""
    found: dict[str, Arguments] = {}
    for example in contract.examples:
        tree = parse(example.code)
        for node in ast.walk(tree) if tree is not None else ():
            arguments = target.arguments(node) if isinstance(node, ast.Call) else None
            if arguments is not None:
                found.setdefault(target.call(*arguments), Arguments(tuple(arguments[0]), tuple(arguments[1].items())))
    return list(found.values())


def _candidates(seen: list[Arguments], contract: Contract, draw: random.Random) -> Iterator[Arguments]:
    if not seen:
        yield from _sampled(contract, draw)
        return
    taken = {repr(each) for each in seen}
    lengths = _lengths(seen)
    # The scale is that of the examples for good; mutants of mutants would carry it away.
    longest = max(len(each.values) for each in seen)
    scales = [Scale([each.values[at] for each in seen if len(each.values) > at]) for at in range(longest)]
    pool = seen
    for _ in range(_ROUNDS):
        made = list(chain(_mutants(pool, scales, lengths, draw), _crossed(pool, lengths, draw)))
        fresh = [each for each in made if repr(each) not in taken]
        taken.update(map(repr, fresh))
        yield from fresh
        if not fresh:
            return
        pool = draw.sample(fresh, min(len(fresh), 12))


def _mutants(
    pool: list[Arguments], scales: list[Scale], lengths: dict[int, int], draw: random.Random
) -> Iterator[Arguments]:
    """One argument changed, taking turns between the examples and their arguments so that few inputs show much."""
    rows: list[list[Arguments]] = []
    for number, arguments in enumerate(pool):
        for at, value in enumerate(arguments.values):
            if at in lengths:
                continue
            near = variants(value, scales[at], draw)
            # Each example begins with another kind of change, or the first round would be nothing but empty lists.
            begin = 2 * number % max(1, len(near))
            rows.append([_fitted(arguments.changed(at, each), lengths) for each in near[begin:] + near[:begin]])
    return (each for turn in zip_longest(*rows) for each in turn if each is not None)


def _crossed(pool: list[Arguments], lengths: dict[int, int], draw: random.Random) -> list[Arguments]:
    """One argument taken from another example."""
    made = [
        _fitted(mine.changed(at, other.values[at]), lengths)
        for mine in pool
        for other in pool
        if mine.shape == other.shape
        for at in range(len(mine.values))
        if at not in lengths and type(mine.values[at]) is type(other.values[at])
    ]
    return draw.sample(made, len(made))


def _lengths(seen: list[Arguments]) -> dict[int, int]:
    """Arguments that are the length of another in every example, of at least two that differ: `at -> whose length`."""
    if len({each.shape for each in seen}) != 1:
        return {}
    size = len(seen[0].values)
    found: dict[int, int] = {}
    for at in range(size):
        for other in range(size):
            pairs = [(each.values[at], each.values[other]) for each in seen]
            is_length = all(type(a) is int and isinstance(b, list | str | tuple) and a == len(b) for a, b in pairs)
            if at != other and is_length and len({a for a, _ in pairs}) > 1:
                found[at] = other
    return found


def _fitted(arguments: Arguments, lengths: dict[int, int]) -> Arguments:
    for at, other in lengths.items():
        arguments = arguments.changed(at, len(arguments.values[other]))
    return arguments


def _sampled(contract: Contract, draw: random.Random) -> Iterator[Arguments]:
    columns = [samples(parameter.annotation) for parameter in contract.parameters if parameter.default is None]
    if not columns or not all(columns):
        return
    plainest = tuple(column[0] for column in columns)
    yield Arguments(plainest)
    rows = [[Arguments(plainest).changed(at, value) for value in column[1:]] for at, column in enumerate(columns)]
    yield from (each for turn in zip_longest(*rows) for each in turn if each is not None)
    for _ in range(64):
        yield Arguments(tuple(draw.choice(column) for column in columns))
