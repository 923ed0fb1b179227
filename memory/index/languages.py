"""What is known of each language: the grammar that reads it, and what there has a name of its own.

Grammars come from a package for each language. The one package that has them all fetches them when they are first used.
"""

import importlib
from dataclasses import dataclass
from functools import cache
from posixpath import splitext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Parser, Query


@dataclass(frozen=True)
class Language:
    """One language.

    Args:
        name: As people write it, in lower case.
        suffixes: Of its files.
        grammar: The module that holds the grammar.
        functions: Patterns of what is one chunk, in tree-sitter's query language.
        classes: Patterns of what has such inside.
        maker: The function of that module that gives the grammar.
    """

    name: str
    suffixes: tuple[str, ...]
    grammar: str
    functions: str
    classes: str
    maker: str = "language"


_SCRIPT_FUNCTIONS = """
    [(function_declaration) (generator_function_declaration) (method_definition)] @function
    (lexical_declaration (variable_declarator value: [(arrow_function) (function_expression)])) @function
    (variable_declaration (variable_declarator value: [(arrow_function) (function_expression)])) @function
    (expression_statement (assignment_expression
        left: (member_expression) right: [(arrow_function) (function_expression)])) @function
"""
_TYPED_FUNCTIONS = f"""{_SCRIPT_FUNCTIONS}
    [(function_signature) (abstract_method_signature) (method_signature)] @function
    (public_field_definition value: (arrow_function)) @function
"""
_C_FUNCTIONS = "(function_definition) @function"
_C_CLASSES = """
    [(struct_specifier body: (_)) (enum_specifier body: (_)) (union_specifier body: (_))] @class
    (type_definition type: [(struct_specifier body: (_)) (enum_specifier body: (_)) (union_specifier body: (_))]) @class
"""
_TYPE_CLASSES = """
    [(class_declaration) (abstract_class_declaration) (interface_declaration) (enum_declaration) (internal_module)
     (type_alias_declaration)] @class
"""

LANGUAGES = (
    Language(
        "python",
        (".py", ".pyi", ".pyw"),
        "tree_sitter_python",
        "(function_definition) @function",
        "(class_definition) @class",
    ),
    Language(
        "javascript",
        (".js", ".jsx", ".mjs", ".cjs"),
        "tree_sitter_javascript",
        f"{_SCRIPT_FUNCTIONS} (field_definition value: (arrow_function)) @function",
        "(class_declaration) @class",
    ),
    Language(
        "typescript",
        (".ts", ".mts", ".cts"),
        "tree_sitter_typescript",
        _TYPED_FUNCTIONS,
        _TYPE_CLASSES,
        "language_typescript",
    ),
    Language("tsx", (".tsx",), "tree_sitter_typescript", _TYPED_FUNCTIONS, _TYPE_CLASSES, "language_tsx"),
    Language(
        "go",
        (".go",),
        "tree_sitter_go",
        "[(function_declaration) (method_declaration)] @function",
        "[(type_spec) (type_alias)] @class",
    ),
    Language(
        "rust",
        (".rs",),
        "tree_sitter_rust",
        "[(function_item) (macro_definition)] @function",
        "[(struct_item) (enum_item) (union_item) (trait_item) (impl_item) (mod_item body: (_))] @class",
    ),
    Language(
        "java",
        (".java",),
        "tree_sitter_java",
        "[(method_declaration) (constructor_declaration)] @function",
        "[(class_declaration) (interface_declaration) (enum_declaration) (record_declaration)] @class",
    ),
    Language("c", (".c", ".h"), "tree_sitter_c", _C_FUNCTIONS, _C_CLASSES),
    Language(
        "c++",
        (".cc", ".cpp", ".cxx", ".hh", ".hpp", ".hxx"),
        "tree_sitter_cpp",
        _C_FUNCTIONS,
        f"{_C_CLASSES} [(class_specifier body: (_)) (namespace_definition)] @class",
    ),
    Language(
        "ruby", (".rb",), "tree_sitter_ruby", "[(method) (singleton_method)] @function", "[(class) (module)] @class"
    ),
    Language(
        "c#",
        (".cs",),
        "tree_sitter_c_sharp",
        "[(method_declaration) (constructor_declaration)] @function",
        "[(class_declaration) (struct_declaration) (interface_declaration) (enum_declaration) (record_declaration)"
        " (namespace_declaration)] @class",
    ),
    Language(
        "php",
        (".php",),
        "tree_sitter_php",
        "[(function_definition) (method_declaration)] @function",
        "[(class_declaration) (interface_declaration) (trait_declaration) (enum_declaration)] @class",
        "language_php",
    ),
)
_BY_SUFFIX = {suffix: language for language in LANGUAGES for suffix in language.suffixes}


def language_of(path: str) -> Language | None:
    """Give the language of a file by its suffix, or nothing for one without a grammar."""
    return _BY_SUFFIX.get(splitext(path)[1].lower())


@cache
def reader_of(language: Language) -> "tuple[Parser, Query]":
    """Make what reads a language: a parser, and the query that finds what has a name."""
    from tree_sitter import Language as Grammar
    from tree_sitter import Parser, Query

    capsule: object = getattr(importlib.import_module(language.grammar), language.maker)()
    grammar = Grammar(capsule)
    return Parser(grammar), Query(grammar, language.functions + language.classes)
