"""Procedural bugs: small edits of Python functions such as people make by mistake. No model in sight."""

from motet.tools.mutation.mutating import OPERATORS, mutations_of
from motet.tools.mutation.mutation import Mutation, MutationError

__all__ = ["OPERATORS", "Mutation", "MutationError", "mutations_of"]
