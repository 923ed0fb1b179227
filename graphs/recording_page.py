"""A recording as HTML for a notebook.

No colour depends on the background, so that it reads in light and in dark: text takes the notebook's own colour, lines
and surfaces are translucent, and the few colours are of middle brightness. Every text is escaped: models wrote it.
Where a rule is `!important`, Jupyter has one for all tables and code blocks that would win otherwise.
"""

from collections.abc import Iterable, Sequence
from html import escape

from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexers.python import PythonLexer

from motet.graphs.state import TeamOutput
from motet.graphs.turns import Row, Turn, printable

ROLE_COLOURS = {"planner": "#0f8b8d", "coder": "#2d8a4e", "tester": "#a07000", "reviewer": "#a35bd0"}
STYLE = """
.motet { font-size: 14px; line-height: 1.45; max-width: 60em; }
.motet .turn { border-left: 3px solid var(--role); padding: .1em 0 .1em .9em; margin: .9em 0; }
.motet .who { color: var(--role); font-weight: 600; margin-right: .7em; }
.motet .note { opacity: .75; }
.motet .good { color: #2d8a4e; } .motet .bad { color: #d64545; }
.motet pre { background: rgba(127, 127, 127, .12); color: inherit; border-radius: 4px; padding: .6em .8em;
  margin: .4em 0; overflow-x: auto; white-space: pre; font-size: 13px; line-height: 1.4; }
.motet .task { white-space: pre-wrap; font-weight: 600; }
.motet table { border-collapse: collapse; margin: .3em 0; font-size: 13px; }
.motet tr { background: none !important; }
.motet td, .motet th { text-align: left !important; vertical-align: top !important; padding: .1em 1.2em .1em 0;
  white-space: pre-wrap; overflow-wrap: anywhere; max-width: none; border: 0; color: inherit; }
.motet pre, .motet .mono, .motet .title { font-family: ui-monospace, Menlo, Consolas, monospace !important; }
.motet .number { text-align: right !important; }
.motet summary { cursor: pointer; opacity: .75; }
.motet .k, .motet .ow { color: #a35bd0; } .motet .s { color: #2d8a4e; } .motet .m { color: #a07000; }
.motet .nf, .motet .nc { color: #3f7fd0; } .motet .nb { color: #0f8b8d; }
.motet .c { opacity: .65; font-style: italic; }
"""
GROUPS = {"k": "k", "s": "s", "m": "m", "c": "c", "nf": "nf", "fm": "nf", "nc": "nc", "nb": "nb", "ow": "ow"}
"""Pygments has a class for each kind of token; one colour for each family is enough."""


class _Families(HtmlFormatter):
    """Marks tokens by family."""

    def _get_css_class(self, ttype: object) -> str:
        fine = super()._get_css_class(ttype)
        return GROUPS.get(fine[:2]) or GROUPS.get(fine[:1], "")


def page(task: str, turns: Sequence[Turn], result: TeamOutput | None) -> str:
    """The whole run, voice by voice, and what it took."""
    told = "".join(_turn(turn) for turn in turns)
    words = f'<div class="task">{escape(printable(task))}</div>' if task else ""
    return f'<div class="motet"><style>{STYLE}</style>{words}{told}{_cost(result) if result else ""}</div>'


def highlighted(code: str) -> str:
    """Python in colours, escaped."""
    return f"<pre>{highlight(code, PythonLexer(stripnl=False), _Families(nowrap=True))}</pre>"


def _turn(turn: Turn) -> str:
    parts = [
        f'<div><span class="who">{escape(turn.role)}</span>'
        f'<span class="title {turn.mark}">{escape(turn.title)}</span></div>'
    ]
    if turn.note:
        parts.append(f'<div class="note">{escape(turn.note)}</div>')
    if turn.code:
        parts.append(highlighted(turn.code))
    if turn.rows:
        parts.append(_table(turn.rows))
    if turn.aside:
        summary = f"<summary>compared on {len(turn.aside)} further inputs</summary>"
        parts.append(f"<details>{summary}{_table(turn.aside)}</details>")
    colour = ROLE_COLOURS.get(turn.role, "#808080")
    return f'<div class="turn" style="--role: {colour}">{"".join(parts)}</div>'


def _table(rows: Iterable[Row]) -> str:
    signs = {"good": '<td class="good">✓</td>', "bad": '<td class="bad">✗</td>', "none": "<td></td>"}
    lines = (
        f'<tr>{signs[row.mark]}<td class="mono">{escape(row.name)}</td><td>{escape(row.text)}</td></tr>'
        if row.name
        else f'<tr>{signs[row.mark]}<td colspan="2">{escape(row.text)}</td></tr>'
        for row in rows
    )
    return f"<table>{''.join(lines)}</table>"


def _cost(result: TeamOutput) -> str:
    usage = result["usage"]
    spent = [(role, str(one.calls), f"{one.tokens:,}", f"{one.seconds:.1f}") for role, one in usage.by_role.items()]
    spent.append(("all", str(usage.calls), f"{usage.tokens:,}", f"{usage.seconds:.1f}"))
    head = (
        "<tr><th></th>" + "".join(f'<th class="number">{one}</th>' for one in ("calls", "tokens", "seconds")) + "</tr>"
    )
    lines = (
        f"<tr><td>{escape(role)}</td>" + "".join(f'<td class="number">{one}</td>' for one in numbers) + "</tr>"
        for role, *numbers in spent
    )
    return f"<table><tr><th></th>{head}</tr>{''.join(lines)}</table>"
