"""Pieces of the report's page: sections, captions, tables, and figures as inline SVG."""

import html
import io

import pandas as pd
from matplotlib.figure import Figure

from zl import report_plots as plots
from zl.served import Served


def frame(served: Served, query: str) -> pd.DataFrame:
    """Rows of `query` as a frame; dates as timestamps."""
    rows = pd.DataFrame(served.rows(query))
    for column in rows.columns:
        if column.endswith("_date"):
            rows[column] = pd.to_datetime(rows[column])
    return rows


def svg(figure: Figure, words: str) -> str:
    """A figure as inline SVG that a screen reader calls `words`."""
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    drawing = text.getvalue()
    return drawing[drawing.index("<svg") :].replace(
        "<svg ", f'<svg role="img" aria-label="{html.escape(words)}" ', 1
    )


def horizon_words(horizon: str) -> str:
    """`1 week` for `1w`; a horizon without a name keeps its code."""
    return plots.HORIZON_WORDS.get(horizon, horizon)


def section(title: str, *parts: str) -> str:
    """A titled block of the page."""
    return f"<section><h2>{html.escape(title)}</h2>\n" + "\n".join(parts) + "</section>"


def caption(text: str) -> str:
    """A paragraph under a plot."""
    return f'<p class="caption">{text}</p>'


def table(header: list[str], rows: list[list[str]]) -> str:
    """An HTML table; cells are HTML already."""
    head = "".join(f"<th>{cell}</th>" for cell in header)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
