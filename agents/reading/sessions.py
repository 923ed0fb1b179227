"""Statements that share a namespace: which of them an example needs before it can run by itself."""

import ast
from dataclasses import dataclass, field

from motet.agents.reading.target import Target


@dataclass
class Session:
    """What has been run so far in one interpreter session or one block of code."""

    target: Target
    statements: list[str] = field(default_factory=list)
    bound: set[str] = field(default_factory=set)

    def standalone(self, code: str, tree: ast.Module) -> str | None:
        """The code with the statements before it that it needs, or `None` where a name it uses comes from nowhere."""
        names = self._names(tree)
        missing = {name for name in names if not self.target.knows(name)}
        if not missing:
            return code if self.target.is_called_in(tree) else None
        before = "\n".join(self.statements)
        if not missing <= self.bound | bound_names(tree) or not self._calls(before, tree):
            return None
        return f"{before}\n{code}" if missing & self.bound else code

    def ran(self, code: str, tree: ast.Module) -> None:
        """Remember statements for what comes after them."""
        last = tree.body[-1]
        # In a doctest a bare expression would show its value in the middle of a later example.
        if len(tree.body) == 1 and isinstance(last, ast.Expr):
            code = f"_ = {ast.unparse(last.value)}"
        if {name for name in self._names(tree) if not self.target.knows(name)} <= self.bound | bound_names(tree):
            self.statements.append(code)
            self.bound |= bound_names(tree)

    def _calls(self, before: str, tree: ast.Module) -> bool:
        try:
            return self.target.is_called_in(tree) or self.target.is_called_in(ast.parse(before))
        except SyntaxError:
            return False

    @staticmethod
    def _names(tree: ast.AST) -> set[str]:
        return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def bound_names(tree: ast.AST) -> set[str]:
    """The names that running the tree would bind."""
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    names |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                names |= {(alias.asname or alias.name).partition(".")[0] for alias in aliases}
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.ExceptHandler(name=str(name)):
                names.add(name)
    return names
