"""What `zl ingest` shows: a progress bar on a terminal, and at the end a table of what came."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from ingest.lateness import Late
from ingest.run import Outcome

WIDE = 120
"""Columns from which a table has room for errors; a log has no width of its own and gets these."""


def terminal_or_log() -> Console:
    """The terminal in its own width, or a log wide enough for the whole table."""
    console = Console(highlight=False)
    if console.is_terminal or "COLUMNS" in os.environ:
        return console
    return Console(highlight=False, width=WIDE)


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


def print_outcomes(outcomes: Sequence[Outcome], late: Mapping[str, Late | None], console: Console) -> None:
    """One row a landing table: rows landed now, newest date, days late, and what went wrong with its source
    or is to be said of it.

    What does not fit beside the rest stands below the table.
    """
    is_wide = console.width >= WIDE
    table = Table(box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    table.add_column("source", overflow="fold")
    table.add_column("table", overflow="fold")
    table.add_column("new rows", justify="right", no_wrap=True)
    table.add_column("newest", no_wrap=True)
    table.add_column("days late", overflow="fold")
    if is_wide:
        table.add_column("error, note", overflow="fold")
    for outcome in outcomes:
        said = "\n".join(part for part in (outcome.error, outcome.note) if part)
        for number, (name, rows) in enumerate(outcome.new_rows.items()):
            newest = outcome.newest.get(name)
            cells = [
                outcome.source if number == 0 else "",
                name.split("/")[1],
                f"{rows:,}",
                str(newest) if newest else "none",
                str(late.get(name) or ""),
            ]
            if is_wide:
                cells.append(escape(said) if number == 0 else "")
            table.add_row(*cells)
    console.print(table)
    for outcome in outcomes if not is_wide else ():
        for part in (outcome.error, outcome.note):
            if part:
                console.print(f"{outcome.source}: {part}", markup=False, soft_wrap=True)
