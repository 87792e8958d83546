"""The landing contract stands twice, in Python and in the sources of dbt: they say the same."""

from pathlib import Path

import pyarrow as pa
import pytest
import yaml

from ingest.landing_contract import LIVE_ONLY, TABLES

PROJECT = Path(__file__).parents[2]
DUCKDB = {
    pa.string(): "VARCHAR",
    pa.date32(): "DATE",
    pa.float64(): "DOUBLE",
    pa.int64(): "BIGINT",
    pa.int32(): "INTEGER",
    pa.timestamp("us"): "TIMESTAMP",
}


def dbt_sources() -> dict[str, dict[str, str]]:
    text = (PROJECT / "models" / "raw" / "_raw.yml").read_text(encoding="utf-8")
    return {
        f"{source['name']}/{table['name']}": {
            column["name"]: column["data_type"] for column in table["columns"]
        }
        for source in yaml.safe_load(text)["sources"]
        for table in source["tables"]
    }


def test_both_contracts_name_the_same_tables():
    assert set(dbt_sources()) == set(TABLES)


@pytest.mark.parametrize("name", TABLES)
def test_both_contracts_have_the_same_columns_and_types(name):
    columns = {field.name: DUCKDB[field.type] for field in TABLES[name].schema}
    assert dbt_sources()[name] == columns


def test_the_sample_delivers_every_table_but_those_of_live_sources():
    folders = {
        f"{path.parent.parent.name}/{path.parent.name}"
        for path in (PROJECT / "landing" / "sample").glob("*/*/*.parquet")
    }
    assert folders == set(TABLES) - LIVE_ONLY
