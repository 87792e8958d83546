"""Tables as `zl` prints them: narrow, without frames."""

from rich import box
from rich.console import Console
from rich.table import Table

WIDTH = 80
"""Columns every table fits."""


def screen() -> Console:
    """Standard output, never narrower than the tables: a narrow terminal wraps lines, and no digit is cut."""
    console = Console(highlight=False)
    return console if console.width >= WIDTH else Console(highlight=False, width=WIDTH)


def narrow_table(title: str) -> Table:
    """A table that fits a terminal of 80 columns."""
    return Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", pad_edge=False, show_edge=False)


def add_columns(table: Table, headers: tuple[str, ...]) -> None:
    """Columns of numbers with one blank between them; without a header, words."""
    table.padding = 0
    for header in headers:
        table.add_column(header, justify="right" if header else "left", no_wrap=True)
