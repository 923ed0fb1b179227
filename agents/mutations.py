"""Values near a value: what a tester tries when it has seen one input. Small and simple ones come first."""

import math
import random
from collections.abc import Callable, Iterator
from typing import Any

_MOST_ITEMS = 64
"""Longer inputs cost time and show little that shorter ones do not."""


class Scale:
    """How far values may go: about twice as far as those that were seen."""

    def __init__(self, seen: list[Any]) -> None:
        numbers = [abs(leaf) for value in seen for leaf in leaves(value) if _is_number(leaf)]
        self.limit = 2 * max(numbers, default=4) + 2
        self.negative = any(leaf < 0 for value in seen for leaf in leaves(value) if _is_number(leaf))
        self.characters = sorted(
            {char for value in seen for leaf in leaves(value) if isinstance(leaf, str) for char in leaf}
        )

    def allows(self, number: float) -> bool:
        """Whether a number is not too large; negative ones only where some were seen, or -1 at the edge."""
        return abs(number) <= self.limit and (number >= -1 or self.negative)


def leaves(value: Any) -> Iterator[Any]:
    """The scalars in a value."""
    match value:
        case dict():
            for key, item in value.items():
                yield from leaves(key)
                yield from leaves(item)
        case list() | tuple() | set() | frozenset():
            for item in value:
                yield from leaves(item)
        case _:
            yield value


def variants(value: Any, scale: Scale, draw: random.Random) -> list[Any]:
    """Values of the same kind near a value, without itself."""
    made = _VARIANTS.get(type(value), _none)(value, scale, draw)
    kept: dict[str, Any] = {repr(value): value}
    for each in made:
        kept.setdefault(repr(each), each)
    return list(kept.values())[1:]


def _none(*_: Any) -> list[Any]:
    return []


def _bools(value: bool, *_: Any) -> list[bool]:
    return [not value]


def _ints(value: int, scale: Scale, _: random.Random) -> list[int]:
    return [each for each in (value + 1, value - 1, 0, 1, 2, value * 2, value // 2, -value, -1) if scale.allows(each)]


def _floats(value: float, scale: Scale, _: random.Random) -> list[float]:
    near = (
        value + 1.0,
        value - 1.0,
        0.0,
        value / 2,
        value * 2,
        value + 0.5,
        float(int(value)) if value < 1e9 else 0.0,
        -value,
    )
    return [round(each, 6) for each in near if scale.allows(each)]


def _strings(value: str, scale: Scale, draw: random.Random) -> list[str]:
    made = ["", value[:1], value[1:], value[::-1], value[: len(value) // 2], value[:-1], value.swapcase(), value * 2]
    if len(value) > 1:
        at = draw.randrange(len(value) - 1)
        made.append(value[:at] + value[at + 1] + value[at] + value[at + 2 :])
        made.append("".join(draw.sample(value, len(value))))
    if value and scale.characters:
        at = draw.randrange(len(value))
        made.append(value[:at] + draw.choice(scale.characters) + value[at + 1 :])
        made.append(value[:at] + value[at] + value[at:])
    return [each for each in made if len(each) <= max(_MOST_ITEMS, len(value))]


def _lists(value: list[Any], scale: Scale, draw: random.Random) -> list[list[Any]]:
    if _is_grid(value):
        return _grids(value, scale, draw)
    made = [[], value[:1], value[1:], value[:-1], value[::-1], _sorted(value), draw.sample(value, len(value))]
    if value:
        made += [_with_changed_item(value, scale, draw) for _ in range(3)]
        made += [[*value, draw.choice(value)], [value[0], *value]]
        made.append([value[0]] * len(value))
        made.append(value + value)
    return [each for each in made if len(each) <= max(_MOST_ITEMS, len(value))]


def _grids(value: list[Any], scale: Scale, draw: random.Random) -> list[list[Any]]:
    """Rows of one length stay so: a function on a matrix may rely on it."""
    kind = type(value[0])
    made = [value[:1], value[:-1], value[1:], value[::-1], [row[::-1] for row in value], value + value[-1:]]
    if len(value) == len(value[0]) and kind is list:
        made.append([list(row) for row in zip(*value, strict=True)])
    for _ in range(3):
        at = draw.randrange(len(value))
        row = value[at]
        place = draw.randrange(len(row))
        near = variants(row[place], scale, draw)
        if near and kind is not str:
            changed = kind([*row[:place], draw.choice(near[:4]), *row[place + 1 :]])
        else:
            changed = kind(draw.sample(row, len(row))) if kind is not str else "".join(draw.sample(row, len(row)))
        made.append([*value[:at], changed, *value[at + 1 :]])
    made += [draw.sample(value, len(value)), []]
    return made


def _tuples(value: tuple[Any, ...], scale: Scale, draw: random.Random) -> list[tuple[Any, ...]]:
    if len(value) > 2 and len({type(item) for item in value}) == 1:
        return [tuple(each) for each in _lists(list(value), scale, draw)]
    # A short or mixed tuple is a record: its length means something.
    return [tuple(_with_changed_item(list(value), scale, draw)) for _ in range(4)] if value else []


def _dicts(value: dict[Any, Any], scale: Scale, draw: random.Random) -> list[dict[Any, Any]]:
    items = list(value.items())
    made = [{}, dict(items[:1]), dict(items[1:]), dict(items[::-1])]
    if items:
        for _ in range(3):
            key, item = draw.choice(items)
            made += [{**value, key: near} for near in variants(item, scale, draw)[:2]]
        values = [item for _, item in items]
        made.append(dict(zip(value, values[1:] + values[:1], strict=True)))
    return made


def _sets(value: set[Any] | frozenset[Any], scale: Scale, draw: random.Random) -> list[Any]:
    items = sorted(value, key=repr)
    made = [items[:0], items[:1], items[1:]]
    if items:
        made += [[*items, near] for near in variants(draw.choice(items), scale, draw)[:3]]
    return [type(value)(each) for each in made]


def _with_changed_item(value: list[Any], scale: Scale, draw: random.Random) -> list[Any]:
    at = draw.randrange(len(value))
    near = variants(value[at], scale, draw)
    return [*value[:at], draw.choice(near), *value[at + 1 :]] if near else value


def _sorted(value: list[Any]) -> list[Any]:
    try:
        return sorted(value)
    except TypeError:
        return sorted(value, key=repr)


def _is_grid(value: list[Any]) -> bool:
    """Whether it is rows of one length; words of one length are a grid only if there are enough to be sure."""
    kinds = {type(row) for row in value}
    if not value or len(kinds) != 1 or not kinds <= {list, tuple, str}:
        return False
    lengths = {len(row) for row in value}
    return len(lengths) == 1 and min(lengths) > 0 and (kinds != {str} or (len(value) > 2 and min(lengths) > 1))


def _is_number(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


_VARIANTS: dict[type, Callable[..., list[Any]]] = {
    bool: _bools,
    int: _ints,
    float: _floats,
    str: _strings,
    list: _lists,
    tuple: _tuples,
    dict: _dicts,
    set: _sets,
    frozenset: _sets,
}
