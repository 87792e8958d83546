"""How a file of the sample is written: fixed settings, labelled, so that the same rows are the same bytes."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ingest.landing_contract import Table

LABEL = {"origin": "SYNTHETIC: simulated by zl sample, no market data"}


def write_table(frame: pd.DataFrame, table: Table, path: Path) -> None:
    """One Parquet file: fixed settings, no pandas metadata, labelled SYNTHETIC."""
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = [pa.Array.from_pandas(frame[field.name], type=field.type) for field in table.schema]
    with pq.ParquetWriter(
        path,
        table.schema,
        version="2.6",
        compression="zstd",
        compression_level=19,
        use_dictionary=True,
        dictionary_pagesize_limit=2**20,
        write_statistics=False,
        data_page_version="1.0",
        store_schema=False,
    ) as writer:
        writer.write_table(pa.Table.from_arrays(arrays, schema=table.schema), row_group_size=2**20)
        writer.add_key_value_metadata(LABEL)
