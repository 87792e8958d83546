"""What `zl ingest` shows: a progress bar on a terminal, and at the end a table of what came."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from ingest.run import Outcome


@contextmanager
def progress_of(console: Console) -> Iterator[Callable[[str, int, int, str], None]]:
    """A bar a source on a terminal, nothing in a job; yields the function that moves the bars."""
    if not console.is_terminal:
        yield lambda source, done, total, what: None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[what]}"),
    )
    tasks = {}
    with Progress(*columns, console=console) as progress:

        def move(source: str, done: int, total: int, what: str) -> None:
            if source not in tasks:
                tasks[source] = progress.add_task(source, total=total, what=what)
            progress.update(tasks[source], completed=done, total=total, what=what)

        yield move


def print_outcomes(outcomes: Sequence[Outcome], console: Console) -> None:
    """One row a landing table: rows landed now, newest date, and what went wrong with its source or is to be
    said of it."""
    table = Table()
    for name, justify in (("source", "left"), ("table", "left"), ("new rows", "right"), ("newest", "left")):
        table.add_column(name, justify=justify, no_wrap=True)
    table.add_column("error, note", overflow="fold")
    for outcome in outcomes:
        said = "\n".join(part for part in (outcome.error, outcome.note) if part)
        for number, (name, rows) in enumerate(outcome.new_rows.items()):
            newest = outcome.newest.get(name)
            table.add_row(
                outcome.source if number == 0 else "",
                name.split("/")[1],
                f"{rows:,}",
                str(newest) if newest else "none",
                said if number == 0 else "",
            )
    console.print(table)
