"""Which function of a file an answered function stands for, where several have the same name."""

import difflib

from motet.tools.edits.change import EditError
from motet.tools.edits.parsed import Parsed
from motet.tools.edits.symbols import Found, Symbol, all_functions, functions_named, usual


def target_of(file: Parsed, symbol: Symbol, name: str) -> Found:
    """The function of the file that a symbol means.

    Raises:
        EditError: There is none, or nobody can tell which.
    """
    found = candidates(file, symbol, name)
    only = found[0] if len(found) == 1 else usual(found)
    if only is None:
        raise EditError(_which(found, symbol))
    return only


def candidates(file: Parsed, symbol: Symbol, name: str) -> list[Found]:
    """All functions of the file that a symbol may mean: one, if it has a number.

    Raises:
        EditError: There is none.
    """
    found = functions_named(file.tree, symbol.parts)
    if not found:
        names = all_functions(file.tree)
        near = difflib.get_close_matches(name, names, n=5, cutoff=0.3) or names[:20]
        has = f"It has {', '.join(f'`{one}`' for one in near)}." if near else "It has none at all."
        raise EditError(f"The file has no function `{name}`. {has}")
    if symbol.number is None:
        return found
    if symbol.number > len(found):
        raise EditError(f"The file has {len(found)} functions `{'.'.join(symbol.parts)}`, so there is no `{name}`.")
    return [found[symbol.number - 1]]


def pairs(file: Parsed, answered: list[Found], symbol: Symbol, name: str) -> list[tuple[Found, Found]]:
    """Each function to replace and what replaces it.

    Several of a name are told apart by their decorators, equal ones by their order. An answered function without
    decorators stands for the one that its name alone means.

    Raises:
        EditError: Nobody can tell which is which.
    """
    there = candidates(file, symbol, name)
    if len(there) == 1 and len(answered) == 1:
        return [(there[0], answered[0])]
    found: list[tuple[Found, Found]] = []
    for kind in dict.fromkeys(one.decorators for one in answered):
        new = [one for one in answered if one.decorators == kind]
        old = [one for one in there if one.decorators == kind]
        only = usual(there)
        if not old and len(new) == 1 and only is not None:
            old = [only]
        if len(old) == len(new):
            found += zip(old, new, strict=True)
        elif symbol.number is None:
            raise EditError(_which(there, symbol))
    if not found or len({id(old.node) for old, _ in found}) < len(found):
        raise EditError(_which(there, symbol))
    return found


def _which(found: list[Found], symbol: Symbol) -> str:
    name = ".".join(symbol.parts)
    listed = ", ".join(f"`{name}#{number}` (line {one.start})" for number, one in enumerate(found, 1))
    return f"Which `{name}` is meant is not clear: {listed}. Answer with one function, and with its decorators."
