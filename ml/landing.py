"""Landing files: can each be named and read to its last page, and does one call itself synthetic?"""

from __future__ import annotations

import glob
import os
import re
from functools import cache

import duckdb


def odd_file(folder: str) -> str:
    """The first thing in a landing folder that no statement can name or that is not there, and why.

    DuckDB reads a name with one of * ? [ ] as a pattern for other files too, gives up at a name that is no
    UTF-8 without telling which, and passes over a link to nowhere.

    Parameters
    ----------
    folder
        Landing folder, `<source>/<table>/<name>.parquet`.

    Returns
    -------
    str
        `<path>: <what was expected, what was found>`, or an empty string. Bytes of a name that are no UTF-8
        are written as `\\xe9`.
    """
    for depth in ("*", "*/*", "*/*/*"):
        for path in sorted(glob.glob(f"{glob.escape(folder)}/{depth}")):
            shown = os.fsencode(path).decode("utf-8", "backslashreplace")
            name = os.path.basename(path)
            if shown != path:
                return f"{shown}: expected a name in UTF-8, found other bytes in it"
            if os.path.islink(path) and not os.path.exists(path):
                return f"{shown}: expected a delivery, found a link to nowhere ({os.readlink(path)})"
            if name.endswith(".parquet") and re.search(r"['\"*?\[\]\n]", name):
                return f"{shown!r}: expected a name without quotes, line breaks and * ? [ ]. Rename the file"
    return ""


def unreadable_file(paths: str) -> str:
    """The first Parquet file that cannot be read to its last page, and why; empty when all can.

    The PAR1 marks at both ends say nothing about the footer and the pages between them, and DuckDB's own
    error does not name the file of a broken footer. All columns of all rows are decoded, in a connection of
    its own; file by file only after reading them together has failed.

    Parameters
    ----------
    paths
        Parquet files of one table, one a line.

    Returns
    -------
    str
        `<path>: <first line of DuckDB's complaint>`, or an empty string.
    """
    files = paths.splitlines()
    with duckdb.connect() as connection:
        connection.execute("set threads = 1")
        if not _complaint(connection, files):
            return ""
        for file in files:
            complaint = _complaint(connection, [file])
            if complaint:
                return f"{file}: {complaint}"
    return ""


@cache
def synthetic_landing(folder: str) -> str:
    """`true` when a delivered file of a landing folder calls itself synthetic in its metadata, else `false`;
    asked once a process."""
    return "true" if holds_synthetic(folder) else "false"


def holds_synthetic(folder: str | os.PathLike) -> bool:
    """Whether a delivered file of a landing folder calls itself synthetic; hidden files are no deliveries."""
    return any_synthetic(sorted(glob.glob(f"{glob.escape(os.fspath(folder))}/*/*/*.parquet")))


def any_synthetic(files: list[str]) -> bool:
    """Whether one of some Parquet files carries the sample's label, of whatever version.

    A file that cannot be read says nothing; refusing it is not this function's part.
    """
    with duckdb.connect() as connection:
        try:
            return bool(files) and _n_labels(connection, files) > 0
        except duckdb.Error:
            return any(not _complaint(connection, [file]) and _n_labels(connection, [file]) for file in files)


def _n_labels(connection: duckdb.DuckDBPyConnection, files: list[str]) -> int:
    """How many of some files carry the label of the sample."""
    return connection.execute(
        "select count(*) from parquet_kv_metadata(?) "
        "where decode(key) = 'origin' and starts_with(decode(value), 'SYNTHETIC')",
        [files],
    ).fetchone()[0]


def _complaint(connection: duckdb.DuckDBPyConnection, files: list[str]) -> str:
    """First line of what DuckDB says when it decodes `files`, or an empty string."""
    try:
        connection.read_parquet(files, union_by_name=True, hive_partitioning=False).aggregate(
            "max(hash(columns(*)))"
        ).fetchall()
    except duckdb.Error as trouble:
        return str(trouble).splitlines()[0]
    return ""
