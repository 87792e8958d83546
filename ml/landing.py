"""Landing files: can every page of a delivery be read?"""

from __future__ import annotations

import duckdb


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


def _complaint(connection: duckdb.DuckDBPyConnection, files: list[str]) -> str:
    """First line of what DuckDB says when it decodes `files`, or an empty string."""
    try:
        connection.read_parquet(files, union_by_name=True).aggregate("max(hash(columns(*)))").fetchall()
    except duckdb.Error as trouble:
        return str(trouble).splitlines()[0]
    return ""
