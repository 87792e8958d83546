"""Chronos beside the blend on the panel: a part that knows something is told from one that does not."""

import duckdb
import numpy as np
import pandas as pd
import pytest

from benchmarks.chronos_panel import BLEND, MEMBERS, combinations, main, panel_scores
from ml.chronos import MODEL_NAME
from ml.ensemble import QUANTILES

N, HORIZONS = 400, {"2d": 2}
DATES = pd.bdate_range("2018-01-01", periods=N)
SD = np.sqrt(2) * 0.01


@pytest.fixture(scope="module")
def market():
    """Prices of one root, and what all benchmarks say of it: the true width."""
    returns = 0.01 * np.random.default_rng(5).standard_normal(N)
    bars = pd.DataFrame({"symbol": "AA", "trade_date": DATES, "adj_close": 50 * np.exp(np.cumsum(returns))})
    said = pd.DataFrame(np.tile(1.28 * SD * np.array([-1, 0, 1]), (N, 1)), columns=QUANTILES)
    said = said.assign(symbol="AA", as_of_date=DATES, horizon="2d")
    ahead = np.full(N, np.nan)
    ahead[:-2] = returns[1:-1] + returns[2:]
    return bars, pd.concat([said.assign(model_name=name) for name in MEMBERS]), said, ahead


def losses(market, median=0.0, width=1.0):
    """Mean loss by model when Chronos says `median` and `width` times the true width."""
    bars, forecasts, said, _ = market
    chronos = said[["as_of_date", "horizon", *QUANTILES]].copy()
    chronos[QUANTILES] = width * chronos[QUANTILES].to_numpy() + np.reshape(median, (-1, 1))
    scores = panel_scores(bars, forecasts, {"AA": chronos}, HORIZONS)
    assert not scores.duplicated(["as_of_date", "model_name"]).any()
    assert (scores.groupby("model_name").size() == N - 2).all()
    return scores.groupby("model_name")["pinball"].mean()


def test_a_chronos_that_says_what_the_blend_says_changes_nothing(market):
    assert losses(market).to_numpy() == pytest.approx(losses(market)[BLEND])


def test_a_median_that_knows_pays_as_a_median_and_not_as_a_width(market):
    found = losses(market, median=0.3 * np.nan_to_num(market[3]))
    assert found["the median"] < found["a third of the median"] < found[BLEND]
    assert found["widths only"] == pytest.approx(found[BLEND])


def test_a_width_that_is_wrong_costs_as_a_width_and_not_as_a_median(market):
    found = losses(market, width=0.4)
    assert found[MODEL_NAME] > found["widths only"] > found[BLEND]
    assert found["the median"] == pytest.approx(found[BLEND])


def test_combinations_of_ordered_quantiles_are_ordered():
    blend, chronos = np.array([[-1.0, 0.0, 1.0]]), np.array([[-0.5, 0.4, 1.7]])
    for name, quantiles in combinations(blend, chronos).items():
        assert (np.diff(quantiles) > 0).all(), name
    assert combinations(blend, chronos)["widths only"] == pytest.approx(np.sqrt([[1.1]]) * blend)


def test_a_foreign_file_is_refused_in_one_line(tmp_path, capsys):
    path = tmp_path / "foreign.duckdb"
    duckdb.connect(str(path)).execute("create table bills (amount double)").close()
    with pytest.raises(SystemExit):
        main([str(path)])
    said = [line for line in capsys.readouterr().err.splitlines() if "error:" in line]
    assert len(said) == 1 and f"{path} is no build of this project" in said[0]
