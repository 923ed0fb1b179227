"""Values as JSON that carries nothing but data. Runs in the sandbox, on the standard library; `plain.py` reads it.

The classes of subclasses are dropped with everything that they override: a list that says it equals everything is
sent as the items it holds. An `OrderedDict`, `Counter` or `defaultdict` is a dict, a named tuple is a tuple, a member
of an `IntEnum` is its number: as `==` sees them. Anything else is not plain, and is shown but not compared on the host.
"""

import sys
from typing import Any

MAX_DEPTH = 80


class NotPlainError(Exception):
    """The value is something that only its own process can understand."""


class TooLargeError(Exception):
    """The value does not fit the room that was given."""


def encode(value: object, room: int) -> object:
    """Encode plain data as what JSON can hold.

    Args:
        value: Anything.
        room: About how many characters its source may take.

    Raises:
        NotPlainError: It is not plain data.
        TooLargeError: It is too large.
    """
    return _Encoder(room).walk(value, 0)


class _Encoder:
    def __init__(self, room: int) -> None:
        self._room = room

    def _spend(self, size: int) -> None:
        self._room -= size
        if self._room < 0:
            raise TooLargeError

    def walk(self, value: Any, depth: int) -> object:
        """Encode one value; `type` and not `isinstance`, which believes what `__class__` says."""
        kind = type(value)
        self._spend(2)
        if depth > MAX_DEPTH:
            raise NotPlainError
        if value is None or kind is bool:
            return value
        if issubclass(kind, str):
            self._spend(str.__len__(value))
            return str.__str__(value)
        for base, encode_base in _ENCODERS:
            if issubclass(kind, base):
                return encode_base(self, value, depth)
        return self._number_of_a_library(kind, value)

    def _items(self, items: Any, depth: int) -> list[object]:
        return [self.walk(item, depth + 1) for item in items]

    def _int(self, value: int, _: int) -> object:
        self._spend(int.bit_length(value) // 3)
        return ["int", hex(int.__int__(value))]  # hexadecimal has no limit on digits

    def _float(self, value: float, _: int) -> object:
        self._spend(8)
        return ["float", float.__repr__(value)]

    def _complex(self, value: complex, _: int) -> object:
        self._spend(16)
        return ["complex", float.__repr__(_REAL(value)), float.__repr__(_IMAGINARY(value))]

    def _bytes(self, value: Any, _: int) -> object:
        self._spend(memoryview(value).nbytes)
        return ["bytes", bytes(memoryview(value)).hex()]

    def _list(self, value: Any, depth: int) -> object:
        return ["list", self._items(list.__iter__(value), depth)]

    def _tuple(self, value: Any, depth: int) -> object:
        return ["tuple", self._items(tuple.__iter__(value), depth)]

    def _set(self, value: Any, depth: int) -> object:
        return ["set", self._items(set.__iter__(value), depth)]

    def _frozenset(self, value: Any, depth: int) -> object:
        return ["frozenset", self._items(frozenset.__iter__(value), depth)]

    def _dict(self, value: Any, depth: int) -> object:
        pairs = [[self.walk(key, depth + 1), self.walk(item, depth + 1)] for key, item in dict.items(value)]
        return ["dict", pairs]

    def _range(self, value: range, depth: int) -> object:
        return ["range", self._items((value.start, value.stop, value.step), depth)]

    def _number_of_a_library(self, kind: type, value: Any) -> object:
        """Numbers that equal Python's own: asked of the libraries only where the code has loaded them."""
        decimal, fractions, numpy = (sys.modules.get(name) for name in ("decimal", "fractions", "numpy"))
        if decimal is not None and kind is getattr(decimal, "Decimal", None):
            return self._library(["decimal", str(value)])
        if fractions is not None and kind is getattr(fractions, "Fraction", None):
            return self._library(["fraction", str(value)])
        if numpy is not None and issubclass(kind, getattr(numpy, "generic", ())) and not isinstance(value.item(), kind):
            return self.walk(value.item(), MAX_DEPTH)
        raise NotPlainError

    def _library(self, encoded: list[str]) -> object:
        self._spend(len(encoded[1]))
        return encoded


_REAL = vars(complex)["real"].__get__
_IMAGINARY = vars(complex)["imag"].__get__
_ENCODERS: tuple[tuple[type, Any], ...] = (
    (int, _Encoder._int),
    (float, _Encoder._float),
    (list, _Encoder._list),
    (tuple, _Encoder._tuple),
    (dict, _Encoder._dict),
    (set, _Encoder._set),
    (frozenset, _Encoder._frozenset),
    (bytes, _Encoder._bytes),
    (bytearray, _Encoder._bytes),
    (complex, _Encoder._complex),
    (range, _Encoder._range),
)
