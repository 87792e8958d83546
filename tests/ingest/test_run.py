"""A run over several sources: whatever happens in one, the others land, and no key is told."""

import datetime as dt

import pandas as pd

from ingest.errors import IngestError
from ingest.keys import Key
from ingest.run import ingest
from ingest.source import Source

SECRET = "k3y-nobody-should-see"
DAY = dt.date(2024, 1, 2)


def source(name: str, table: str, fetch) -> Source:
    return Source(
        name=name,
        tables=(table,),
        base="http://127.0.0.1:1",
        first_date=DAY,
        look_back_days=0,
        fetch=fetch,
        key=Key("A_KEY", "https://keys.example", "nothing else"),
    )


def one_row(request):
    yield "imf/commodity_prices", pd.DataFrame([(DAY, "PSOIL", 900.0, "USD/t")], columns=COLUMNS)


COLUMNS = ["month", "commodity", "value", "unit"]


def broken_in_code(request):
    yield from one_row(request)
    raise KeyError(f"no such thing beside {request.key}")


def refused(request):
    raise IngestError(f"answered 403 to {request.key}")
    yield


def test_a_source_that_breaks_leaves_what_landed_and_the_others_go_on(tmp_path):
    sources = [
        source("broken", "imf/commodity_prices", broken_in_code),
        source("refused", "cboe/vix_1d", refused),
        source("fine", "imf/commodity_prices", one_row),
    ]
    broken, said_no, fine = ingest(sources, tmp_path, {"A_KEY": SECRET})
    assert broken.error.startswith("unexpected, please report it: KeyError")
    assert broken.new_rows == {"imf/commodity_prices": 1}
    assert said_no.error == "answered 403 to ***"
    assert fine.error is None and fine.new_rows == {"imf/commodity_prices": 0}
    assert SECRET not in str([broken, said_no, fine])


def test_a_truncated_landed_file_is_named_and_no_fault_of_ours(tmp_path):
    (fine,) = ingest([source("fine", "imf/commodity_prices", one_row)], tmp_path, {"A_KEY": SECRET})
    (file,) = (tmp_path / "imf/commodity_prices").glob("*.parquet")
    file.write_bytes(file.read_bytes()[:100])
    (said,) = ingest([source("fine", "imf/commodity_prices", one_row)], tmp_path, {"A_KEY": SECRET})
    assert said.error.startswith("a landed file cannot be read: ") and file.name in said.error
    assert fine.error is None and said.new_rows == {"imf/commodity_prices": 0}
