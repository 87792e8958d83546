"""One run of the source against a local exchange, and what of it landed."""

import datetime as dt

import duckdb
from databento_hist import KEY

from ingest.databento import SOURCE, TABLE
from ingest.landed import Landed
from ingest.run import Outcome, ingest

NOW = dt.datetime(2024, 7, 1, 6)


def run(server, folder, now=NOW, key=KEY, limit="5", **period) -> Outcome:
    variables = {**server.variables(), "DATABENTO_API_KEY": key, "ZL_DATABENTO_MAX_USD": limit}
    landed = Landed(folder, now=lambda: now)
    (outcome,) = ingest([SOURCE], folder, variables, landed=landed, in_a_hurry=True, **period)
    return outcome


def newest(folder, where="true") -> list[tuple]:
    """Newest edition of each bar, without `ingested_at`."""
    if not list((folder / TABLE).glob("*.parquet")):
        return []
    return duckdb.sql(
        f"select * exclude (ingested_at) from read_parquet('{folder}/{TABLE}/*.parquet') where {where} "
        "qualify row_number() over (partition by symbol, trade_date order by ingested_at desc) = 1 "
        "order by symbol, trade_date"
    ).fetchall()


def files(folder) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
