"""Reads fields out of a publisher's answer; whatever is not as documented is an error that names the field,
what was expected and what was found.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from ingest.errors import IngestError, UnexpectedAnswerError

Row = tuple[Any, ...]
"""Values of one landing row, in the order of its columns."""


def part(answer: Any, name: str, kind: type, where: str) -> Any:
    """The field `name` of a JSON object, of type `kind`; `where` names the answer in the error."""
    if not isinstance(answer, Mapping) or name not in answer:
        found = ", ".join(answer) if isinstance(answer, Mapping) else type(answer).__name__
        raise UnexpectedAnswerError(f"{where}: expected a field {name}, found {found or 'none'}")
    value = answer[name]
    if not isinstance(value, kind):
        raise UnexpectedAnswerError(
            f"{where}: expected {name} to be a {kind.__name__}, found {type(value).__name__} {value!r:.60}"
        )
    return value


def number(record: Any, name: str, where: str, missing: Collection[Any] = ()) -> float | None:
    """The number in field `name` (a JSON number or its text); None for one of the codes in `missing`."""
    value = part(record, name, object, where)
    if value in missing:
        return None
    try:
        found = float(value)
    except (TypeError, ValueError):
        found = math.nan
    if not math.isfinite(found) or isinstance(value, bool):
        codes = f" or one of {', '.join(map(repr, missing))}" if missing else ""
        raise UnexpectedAnswerError(f"{where}: expected {name} to be a number{codes}, found {value!r}")
    return found


def count(record: Any, name: str, where: str, missing: Collection[Any] = ()) -> int | None:
    """The whole number in field `name`; None for one of the codes in `missing`."""
    found = number(record, name, where, missing)
    if found is None:
        return None
    if not found.is_integer():
        raise UnexpectedAnswerError(f"{where}: expected {name} to be a whole number, found {record[name]!r}")
    return int(found)


def day(record: Any, name: str, where: str, pattern: str = "%Y-%m-%d") -> dt.date:
    """The date in field `name`, written as `pattern`; a month is its first day."""
    text = part(record, name, str, where)
    try:
        if pattern == "%Y-%m-%d":  # several times faster
            return dt.date.fromisoformat(text)
        return dt.datetime.strptime(text, pattern).date()
    except ValueError:
        raise UnexpectedAnswerError(
            f"{where}: expected {name} to be a date like {dt.date(2024, 1, 31):{pattern}}, found {text!r}"
        ) from None


def every_page(ask: Callable[[int], tuple[int, list[Any]]], where: str) -> list[Any]:
    """All entries of a paged answer.

    Parameters
    ----------
    ask
        The page that begins behind so many entries: how many the publisher counts in all, and the page's.

    Raises
    ------
    UnexpectedAnswerError
        Another number of different entries came than the publisher counts: a page is missing or came twice.
    """
    told: list[Any] = []
    total = 0
    while True:
        counted, entries = ask(len(told))
        total = max(total, counted)
        told += entries
        if len(told) >= total or not entries:
            break
    n_different = len({str(entry) for entry in told})
    if n_different != total:
        raise UnexpectedAnswerError(
            f"{where}: the publisher counts {total} rows, its pages held {n_different} different ones"
        )
    return told


def gathered(parts: Iterable[Sequence[Row]], columns: Sequence[str], at_least: int) -> Iterator[pd.DataFrame]:
    """Frames of whole parts (one series, one contract), each of `at_least` rows or the last.

    A daily run brings a few rows of many series: one file instead of one a series. What was whole before an
    error still comes, then the error.
    """
    held: list[Row] = []
    try:
        for rows in parts:
            held.extend(rows)
            if len(held) >= at_least:
                yield pd.DataFrame.from_records(held, columns=list(columns))
                held = []
    except IngestError:
        if held:
            yield pd.DataFrame.from_records(held, columns=list(columns))
        raise
    if held:
        yield pd.DataFrame.from_records(held, columns=list(columns))
