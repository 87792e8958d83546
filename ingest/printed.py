"""Numbers, dates and CSV rows as publishers print them; anything else is an `UnexpectedAnswerError` that
names the place and what was found there."""

from __future__ import annotations

import csv
import datetime as dt
import math
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from ingest.errors import UnexpectedAnswerError

_NUMBER = re.compile(r"-?(\d{1,3}(,\d{3})+|\d+)?(\.\d+)?")


def number(printed: object, missing: Collection[str], where: str) -> float | None:
    """`printed` as a number; None for JSON's null and for the publisher's codes `missing`.

    Parameters
    ----------
    printed
        A JSON number, or text such as `1,234.5`, `.44` or `-3`.
    missing
        Codes that stand for "no value"; they are never 0.
    where
        Field and row, for the error.
    """
    if printed is None:
        return None
    if isinstance(printed, str):
        text = printed.strip()
        if text in missing:
            return None
        if _NUMBER.fullmatch(text) and text[-1:].isdigit():
            return float(text.replace(",", ""))
    elif isinstance(printed, int | float) and not isinstance(printed, bool) and math.isfinite(printed):
        return float(printed)
    raise UnexpectedAnswerError(f"{where}: expected a number, found {printed!r}")


def day(printed: object, format_: str, where: str) -> dt.date:
    """`printed` as a date in strptime's `format_`."""
    try:
        return dt.datetime.strptime(str(printed).strip(), format_).date()
    except ValueError:
        raise UnexpectedAnswerError(f"{where}: expected a date like {format_}, found {printed!r}") from None


def field(row: Any, name: str, where: str) -> Any:
    """`row[name]` of a JSON object."""
    if not isinstance(row, Mapping) or name not in row:
        found = ", ".join(map(str, row)) if isinstance(row, Mapping) else repr(row)[:80]
        raise UnexpectedAnswerError(f"{where}: no field {name}; found {found}")
    return row[name]


def csv_rows(lines: Iterable[str], columns: Collection[str], where: str) -> Iterator[dict[str, str]]:
    """Rows of a CSV with a header as name -> text; needs `columns`, whole rows, and a line end at the end."""
    reader = csv.DictReader(_whole(lines, where), strict=True)
    try:
        missing = [name for name in columns if name not in (reader.fieldnames or ())]
        if missing:
            found = ", ".join(reader.fieldnames or ())[:200]
            raise UnexpectedAnswerError(f"{where}: no column {missing[0]}; found {found or 'nothing'}")
        for row in reader:
            if None in row or None in row.values():
                raise UnexpectedAnswerError(
                    f"{where}: line {reader.line_num} has not the {len(reader.fieldnames)} fields of the "
                    "header (cut off?)"
                )
            yield row
    except csv.Error as error:
        raise UnexpectedAnswerError(f"{where}: line {reader.line_num} is no CSV: {error}") from None


def _whole(lines: Iterable[str], where: str) -> Iterator[str]:
    """`lines` without a byte-order mark; the last one must end."""
    line = None
    for number_, line in enumerate(lines):
        yield line.lstrip("\ufeff") if number_ == 0 else line
    if line is not None and not line.endswith(("\n", "\r")):
        raise UnexpectedAnswerError(f"{where}: the last line does not end (cut off?)")
