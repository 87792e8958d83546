"""Tables as `zl` prints them: narrow, without frames."""

from rich import box
from rich.table import Table


def narrow_table(title: str) -> Table:
    """A table that fits a terminal of 80 columns."""
    return Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", pad_edge=False, show_edge=False)


def add_columns(table: Table, headers: tuple[str, ...]) -> None:
    """Columns of numbers with one blank between them; without a header, words."""
    table.padding = 0
    for header in headers:
        table.add_column(header, justify="right" if header else "left", no_wrap=True)
