"""Goes through sources one after another; one that fails does not stop the others, and nothing half-fetched
lands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import duckdb

from ingest.client import THIS_MACHINE
from ingest.errors import IngestError
from ingest.keys import redacted, value_of
from ingest.landed import Landed
from ingest.source import Request, Source


@dataclass(frozen=True)
class Outcome:
    """What came of one source: rows landed now by table, the newest landed date by table, what went wrong,
    and what else there is to say."""

    source: str
    new_rows: dict[str, int]
    newest: dict[str, dt.date | None]
    error: str | None = None
    note: str | None = None


def ingest(
    sources: Sequence[Source],
    folder: Path,
    variables: Mapping[str, str],
    since: dt.date | None = None,
    until: dt.date | None = None,
    landed: Landed | None = None,
    in_a_hurry: bool = False,
    on_step: Callable[[str, int, int, str], None] = lambda source, done, total, what: None,
) -> list[Outcome]:
    """Fetch `sources` into `folder`, each as far as it goes.

    Parameters
    ----------
    variables
        Keys, and other addresses by `Source.base_variable`.
    since, until
        Dates of observations, inclusive. Without `since` each source continues behind what has landed.
    in_a_hurry
        No pauses between requests: for a server of one's own.
    on_step
        Told source, steps done, steps in all, and the step being fetched.

    Returns
    -------
    list of Outcome
        One a source, in the order given; batches that had landed before an error stay and are counted.
    """
    landed = landed or Landed(folder)
    return [_ingest_one(source, landed, variables, since, until, in_a_hurry, on_step) for source in sources]


def _ingest_one(
    source: Source,
    landed: Landed,
    variables: Mapping[str, str],
    since: dt.date | None,
    until: dt.date | None,
    in_a_hurry: bool,
    on_step: Callable[[str, int, int, str], None],
) -> Outcome:
    new_rows = dict.fromkeys(source.tables, 0)
    error, key, notes = None, None, []
    try:
        key = value_of(source.key, dict(variables)) if source.key else None
        base = variables.get(source.base_variable, source.base)
        request = Request(
            source=source,
            landed=landed,
            since=since,
            until=until or landed.now().date(),
            key=key,
            base=base,
            in_a_hurry=in_a_hurry or urlsplit(base).hostname in THIS_MACHINE,
            variables=variables,
            on_step=lambda done, total, what: on_step(source.name, done, total, what),
            notes=notes,
        )
        for table, frame in source.fetch(request):
            new_rows[table] += landed.land(table, frame)
    except duckdb.Error as trouble:
        error = unreadable(trouble)
    except (IngestError, OSError) as trouble:
        error = redacted(" ".join(str(trouble).split()), [key] if key else [])
    except Exception as trouble:  # a fault of ours in one source must not keep the others from landing
        said = " ".join(f"{type(trouble).__name__}: {trouble}".split())
        error = redacted(f"unexpected, please report it: {said}", [key] if key else [])
    newest = dict.fromkeys(source.tables)
    try:
        newest = {table: landed.newest_date(table) for table in source.tables}
    except duckdb.Error as trouble:
        error = error or unreadable(trouble)
    return Outcome(source.name, new_rows, newest, error, "; ".join(notes) or None)


def unreadable(trouble: duckdb.Error) -> str:
    """One line about a file in the landing folder; DuckDB, which reads nothing else here, names it."""
    return f"a landed file cannot be read: {str(trouble).splitlines()[0]}"
