"""What is called, and with what: the part of a contract that says whether one solution can stand in for another."""

import ast
import re

from pydantic import BaseModel, ConfigDict

from motet.tools.source import parse_python

ANYTHING = frozenset({"", "Any", "object"})


class Interface(BaseModel):
    """How a solution is called. What a task left open is open here too, and fits everything."""

    model_config = ConfigDict(frozen=True)

    language: str = "python"
    kind: str = "function"
    """What it is, in the words of a contract: `function`, `class` or `program`."""
    entry_point: str | None = None
    """What is called; `None` for a program, or where the task gives no name."""
    parameters: tuple[str, ...] | None = None
    """The annotations of its parameters in order, empty where one has none; `None` where nothing is known of them."""
    returns: str | None = None
    """The annotation of what it returns."""

    @property
    def defines(self) -> str | None:
        """The top-level name behind the entry point: `Solution` for `Solution().solve`."""
        return re.split(r"[.(]", self.entry_point, maxsplit=1)[0] if self.entry_point else None

    def fits(self, wanted: "Interface") -> bool:
        """Whether what is called so could be called as `wanted`, but for its name."""
        if (self.language, self.kind) != (wanted.language, wanted.kind):
            return False
        if not _same_reach(self.entry_point, wanted.entry_point):
            return False
        if not _agree(self.returns, wanted.returns):
            return False
        if self.parameters is None or wanted.parameters is None:
            return True
        pairs = zip(self.parameters, wanted.parameters, strict=False)
        return len(self.parameters) == len(wanted.parameters) and all(_agree(*pair) for pair in pairs)

    def completed(self, code: str) -> "Interface":
        """With what the code itself says of parameters and result, where the task said nothing."""
        tree = parse_python(code)
        if tree is None or self.entry_point is None or self.parameters is not None:
            return self
        found = next((node for node in tree.body if _defines(node, self.entry_point)), None)
        if not isinstance(found, ast.FunctionDef | ast.AsyncFunctionDef):
            return self
        arguments = [*found.args.posonlyargs, *found.args.args]
        annotations = tuple(ast.unparse(one.annotation) if one.annotation else "" for one in arguments)
        returns = self.returns or (ast.unparse(found.returns) if found.returns else None)
        return self.model_copy(update={"parameters": annotations, "returns": returns})


def _defines(node: ast.stmt, name: str) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name


def _same_reach(mine: str | None, theirs: str | None) -> bool:
    """Whether both are plain names, which can be changed, or else the same way into a class."""
    if mine is None or theirs is None or mine == theirs:
        return True
    return mine.isidentifier() and theirs.isidentifier()


def _agree(mine: str | None, theirs: str | None) -> bool:
    """Whether two annotations may mean the same: equal, or one says less than the other."""
    one, other = _plain(mine), _plain(theirs)
    if one in ANYTHING or other in ANYTHING or one == other:
        return True
    (base, _, inner), (other_base, _, other_inner) = one.partition("["), other.partition("[")
    return base == other_base and not (inner and other_inner)


def _plain(annotation: str | None) -> str:
    """`typing.List[int]` and `list[int]` are one."""
    plain = re.sub(r"\s+|\btyping\.|['\"]", "", annotation or "")
    return re.sub(r"\b(List|Dict|Set|Tuple|FrozenSet|Type)\b", lambda match: match[0].lower(), plain)
