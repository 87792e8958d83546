"""The panel's table against losses counted by hand."""

import importlib.util
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "volatility_panel.py"
# p90 of the forecasts by root and model; every return is +-1 in turn, so a two-session return is 0.
WIDTHS = {
    ("AA", "ewma"): 2.0,
    ("AA", "volatility_pool"): 1.0,
    ("BB", "ewma"): 1.0,
    ("BB", "volatility_pool"): 1.5,
    ("ZL", "ewma"): 4.0,
    ("ZL", "volatility_pool"): 0.5,
}


@pytest.fixture(scope="module")
def panel():
    spec = importlib.util.spec_from_file_location("volatility_panel", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def database(tmp_path) -> Path:
    dates = pd.bdate_range("2018-12-17", periods=20)
    bars = pd.concat(
        pd.DataFrame(
            {
                "symbol": symbol,
                "edition_at": pd.Timestamp(edition),
                "trade_date": dates,
                "return_log": factor * np.where(np.arange(20) % 2, 1.0, -1.0),
            }
        )
        for symbol in ("AA", "BB", "ZL")
        for edition, factor in (("1970-01-01", 9.0), ("2019-06-01", 1.0))  # the newest edition is the truth
    )
    forecasts = pd.concat(
        pd.DataFrame({"symbol": symbol, "as_of_date": dates, "horizon": "1d", "model_name": model}).assign(
            fold_id="2018-10-01", p10_log=-width, p50_log=0.0, p90_log=width
        )
        for (symbol, model), width in WIDTHS.items()
    )
    horizons = pd.DataFrame({"horizon": ["1d"], "horizon_sessions": [1]})
    path = tmp_path / "zl.duckdb.build"
    with duckdb.connect(str(path)) as connection:
        connection.register("bars", bars)
        connection.register("forecasts", forecasts)
        connection.register("horizons", horizons)
        for name, source in (
            ("staging.int_bars__roll_neutral", "bars"),
            ("training.benchmark_forecasts", "forecasts"),
            ("reference.horizons", "horizons"),
        ):
            connection.execute(f"create schema if not exists {name.split('.')[0]}")
            connection.execute(f"create table {name} as select * from {source}")
    return path


def loss(width: float) -> float:
    """Of a return of 1 or -1 and the quantiles -w, 0, w."""
    tails = 0.1 * (width - 1) if width >= 1 else 0.9 * (1 - width)
    return (tails + 0.5 + 0.1 * (width + 1)) / 3


def test_skill_is_the_mean_over_roots_of_what_each_saved(panel, database):
    scores = panel.panel_scores(*panel.read(database), pd.Timestamp("2018-12-17"))
    assert len(scores) == 6 * 19, "the last session has no outcome yet"
    row = panel.table(scores, pd.Timestamp("2019-01-01")).set_index(["model", "against"])
    row = row.loc[("volatility_pool", "ewma")]
    saved = {
        symbol: 100 * (1 - loss(WIDTHS[symbol, "volatility_pool"]) / loss(WIDTHS[symbol, "ewma"]))
        for symbol in ("AA", "BB", "ZL")
    }
    assert row["others"] == pytest.approx((saved["AA"] + saved["BB"]) / 2)
    assert row["before"] == pytest.approx(row["others"]) == pytest.approx(row["after"])
    assert row["ZL"] == pytest.approx(saved["ZL"])
    assert row["better on"] == 1
    assert (row["inside"], row["ZL inside"]) == (100, 0)


def test_it_prints_its_table_and_refuses_a_file_that_is_not_there(panel, database, capsys):
    assert panel.main([str(database)]) == 0
    assert "volatility_pool" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        panel.main([str(database) + ".none"])
    assert "build first" in capsys.readouterr().err
