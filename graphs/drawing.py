"""A graph drawn for a notebook, without the network: LangGraph's own picture is made by a web service.

Nodes stand below each other in the order in which they were added; what leads on bends to the right, what leads back
bends to the left. That stays readable for the size of graph that people wire by hand.
"""

from dataclasses import dataclass
from html import escape
from typing import Any

from langchain_core.runnables import Runnable
from langchain_core.runnables.graph import Edge
from langgraph.pregel import Pregel

ROW, HEIGHT, WIDTH = 46, 28, 150
"""Pixels: from node to node, and a node's size."""


@dataclass(frozen=True, repr=False)
class Drawing:
    """A picture of a graph. Notebooks show it; `print` gives Mermaid text, which Markdown pages can hold."""

    nodes: tuple[str, ...]
    edges: tuple[Edge, ...]
    mermaid: str

    def __repr__(self) -> str:
        return self.mermaid

    def _repr_html_(self) -> str:
        return _svg(self.nodes, self.edges)


def draw(graph: Runnable[Any, Any], *, xray: bool = False) -> Drawing:
    """Draw a graph.

    Args:
        graph: A team, or any compiled graph.
        xray: Whether to look into the graphs that are its nodes.
    """
    drawn = graph.get_graph(xray=True) if xray and isinstance(graph, Pregel) else graph.get_graph()
    for name in [name for name in drawn.nodes if "__error_handler__" in name]:
        drawn.remove_node(drawn.nodes[name])  # where a failed node leads to; it has no part in the work
    names = sorted(drawn.nodes, key=lambda name: name == "__end__")  # the end is added with the first edge to it
    return Drawing(tuple(names), tuple(drawn.edges), drawn.draw_mermaid())


def _svg(nodes: tuple[str, ...], edges: tuple[Edge, ...]) -> str:
    place = {name: number for number, name in enumerate(nodes)}
    reach = [abs(place[edge.target] - place[edge.source]) for edge in edges]
    side = 24 + 16 * max(reach, default=0)
    width, height = WIDTH + 2 * side, ROW * len(nodes)
    parts = [_edge(place[edge.source], place[edge.target], side, dashed=edge.conditional) for edge in edges]
    parts += [_node(name, number, side) for name, number in place.items()]
    arrow = (
        '<marker id="motet-arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0 8 4 0 8z" fill="currentColor"/></marker>'
    )
    # The notebook's own text colour draws it, so that it shows on light and on dark.
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
        f' font-family="sans-serif" font-size="13" color="currentColor"><defs>{arrow}</defs>{"".join(parts)}</svg>'
    )


def _node(name: str, number: int, side: int) -> str:
    top = number * ROW + (ROW - HEIGHT) // 2
    label = escape(name.strip("_"))
    round_ends = HEIGHT // 2 if name in ("__start__", "__end__") else 5
    return (
        f'<rect x="{side}" y="{top}" width="{WIDTH}" height="{HEIGHT}" rx="{round_ends}" fill="rgba(127,127,127,.13)"'
        f' stroke="currentColor" stroke-opacity=".5"/><text x="{side + WIDTH // 2}" y="{top + HEIGHT // 2}"'
        f' text-anchor="middle" dominant-baseline="central" fill="currentColor">{label}</text>'
    )


def _edge(source: int, target: int, side: int, *, dashed: bool) -> str:
    start, end = source * ROW + ROW // 2, target * ROW + ROW // 2
    if target == source + 1:
        x = side + WIDTH // 2
        path = f"M{x} {start + HEIGHT // 2} V{end - HEIGHT // 2 - 1}"
    else:
        forward = target > source
        x = side + WIDTH if forward else side
        bend = (16 * abs(target - source) + 16) * (1 if forward else -1)
        start, end = (start + 5, end - 5) if forward else (start - 5, end + 5)
        path = f"M{x} {start} C{x + bend} {start} {x + bend} {end} {x} {end}"
    line = ' stroke-dasharray="4 3"' if dashed else ""
    return (
        f'<path d="{path}" fill="none" stroke="currentColor" stroke-opacity=".7"{line} marker-end="url(#motet-arrow)"/>'
    )
