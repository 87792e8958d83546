"""The panel's table against sums made by hand."""

import importlib.util
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "volatility_panel.py"
DATES = pd.bdate_range("2018-12-17", periods=20)
LATE = np.asarray(DATES >= "2019-01-01")
POOL = {"AA": np.where(LATE, 3.0, 2.0), "BB": np.where(LATE, 1.0, 0.5), "ZL": np.full(20, 3.0)}
"""Losses of the pool; EWMA loses 4 on AA and ZL and 1 on BB."""
EWMA = {"AA": 4.0, "BB": 1.0, "ZL": 4.0}


@pytest.fixture(scope="module")
def panel():
    spec = importlib.util.spec_from_file_location("volatility_panel", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def database(tmp_path) -> Path:
    scores = pd.concat(
        pd.DataFrame({"symbol": symbol, "as_of_date": DATES, "horizon": "2d", "model_name": model}).assign(
            pinball=EWMA[symbol] if model == "ewma" else POOL[symbol],
            ewma_pinball=EWMA[symbol],
            is_inside_band=symbol != "ZL",
        )
        for symbol in POOL
        for model in ("ewma", "volatility_pool")
    )
    horizons = pd.DataFrame({"horizon": ["2d"], "horizon_sessions": [2]})
    path = tmp_path / "zl.duckdb.build"
    with duckdb.connect(str(path)) as connection:
        connection.register("scores", scores)
        connection.register("horizons", horizons)
        connection.execute("create schema forecasts; create schema reference")
        connection.execute("create table forecasts.benchmark_scores as select * from scores")
        connection.execute("create table reference.horizons as select * from horizons")
    return path


def test_codes_that_a_build_keeps_as_enums_give_the_same_table_and_no_warning(panel, database, recwarn):
    def rows():
        with duckdb.connect(str(database), read_only=True) as connection:
            return panel.table(connection.sql(panel.SCORES).df(), pd.Timestamp("2019-01-01"))

    plain = rows()
    with duckdb.connect(str(database)) as connection:
        for column in ("symbol", "horizon", "model_name"):
            # "00" stands in no row
            connection.execute(
                f"""create type {column}_code as enum (
                    select '00' union select distinct {column} from forecasts.benchmark_scores order by 1);
                alter table forecasts.benchmark_scores alter {column} type {column}_code"""
            )
    pd.testing.assert_frame_equal(rows(), plain)
    assert [str(warning.message) for warning in recwarn if warning.category is FutureWarning] == []


def test_skill_is_the_mean_over_roots_of_what_each_saved(panel, database):
    with duckdb.connect(str(database), read_only=True) as connection:
        scores = connection.sql(panel.SCORES).df()
    rows = panel.table(scores, pd.Timestamp("2019-01-01")).set_index(["model", "against"])
    pool = rows.loc[("volatility_pool", "ewma")]
    assert pool["before"] == pytest.approx((50 + 50) / 2)
    assert pool["after"] == pytest.approx((25 + 0) / 2)
    n_late = LATE.sum()
    assert pool["others"] == pytest.approx((50 * (20 - n_late) + 12.5 * n_late) / 20)
    assert pool["better on"] == 2 and pool["t"] > pool["t (2h)"] > 0
    assert pool["ZL"] == pytest.approx(25) and np.isnan(pool["ZL t"])
    assert (pool["inside"], pool["ZL inside"]) == (100, 0)
    assert rows.loc[("ewma", "volatility_pool")]["ZL"] == pytest.approx(-100 / 3)


@pytest.mark.parametrize("kind", ["of another project", "no database"])
def test_a_foreign_file_is_refused_in_one_line(panel, tmp_path, capsys, kind):
    path = tmp_path / "foreign.duckdb"
    if kind == "no database":
        path.write_text("a letter\n" * 1000)
    else:
        duckdb.connect(str(path)).execute("create table bills (amount double)").close()
    with pytest.raises(SystemExit):
        panel.main([str(path)])
    said = [line for line in capsys.readouterr().err.splitlines() if "error:" in line]
    assert len(said) == 1 and f"{path} is no build of this project" in said[0]


def test_it_prints_its_table_and_refuses_a_file_that_is_not_there(panel, database, capsys):
    assert panel.main([str(database)]) == 0
    assert "volatility_pool" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        panel.main([str(database) + ".none"])
    assert "build first" in capsys.readouterr().err
