"""`make bench`: identical rows, no peer that sees the future, tables that are the arithmetic they claim."""

import dataclasses
import json
import shutil
import sys
from importlib import import_module
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from benchmarks import page, peer_runs, score, skill
from benchmarks.market import FORECAST, QUANTILE_LEVELS, Market, daily_returns
from benchmarks.measure import Measured, run_measured
from ml import params
from zl.served import ServedError

HORIZONS = {"1w": 5, "1m": 21, "3m": 63, "6m": 126}
CHEAP_PEERS = ("random_walk", "auto_ets", "auto_arima", "garch", "gjr_fhs", "lightgbm_quantile")


def test_peers_are_asked_for_the_levels_the_project_forecasts():
    assert QUANTILE_LEVELS == params.QUANTILE_LEVELS


def simulated_market(n=420, first=250, step=15, seed=3) -> Market:
    """A walk with changing volatility, two covariates, and an origin every `step` sessions."""
    rng = np.random.default_rng(seed)
    volatility = 0.015 * (1 + 0.4 * np.sin(np.arange(n) / 40))
    returns = volatility * rng.standard_t(5, n)
    returns[0] = np.nan
    covariates = pd.DataFrame({"width": volatility + rng.normal(0, 0.001, n), "noise": rng.normal(size=n)})
    dates = pd.bdate_range("2015-01-02", periods=n).to_numpy().astype("datetime64[D]")
    return Market(dates, returns, covariates, HORIZONS, np.arange(first, n, step))


def normal_forecasts(market: Market, width: float, shift: float = 0.0) -> pd.DataFrame:
    """The same normal quantiles on every origin; `width` is the daily deviation."""
    frames = []
    for horizon, h in market.horizons.items():
        quantiles = shift + width * np.sqrt(h) * np.array([-1.2816, 0.0, 1.2816])
        frames.append(market.forecasts(horizon, market.origins, np.tile(quantiles, (len(market.origins), 1))))
    return pd.concat(frames, ignore_index=True).assign(as_of_date=lambda f: pd.to_datetime(f["as_of_date"]))


def targets_of(market: Market) -> pd.DataFrame:
    """As training.targets, a column a horizon."""
    return pd.DataFrame({name: market.target(name) for name in market.horizons}, index=market.dates)


# Daily returns


def test_daily_returns_follow_from_the_served_targets():
    market = simulated_market()
    found = daily_returns(targets_of(market), HORIZONS)
    assert np.isnan(found[0])
    np.testing.assert_allclose(found[1:], market.returns[1:], atol=1e-14)


def test_a_session_without_target_between_others_is_named():
    targets = targets_of(simulated_market())
    targets.iloc[100, 0] = np.nan
    with pytest.raises(ServedError, match=r"the return of 2015-\d\d-\d\d does not follow"):
        daily_returns(targets, HORIZONS)


def test_horizons_that_give_no_single_session_are_refused():
    with pytest.raises(ServedError, match="10, 20 sessions"):
        daily_returns(pd.DataFrame({"a": [0.0], "b": [0.0]}), {"a": 10, "b": 20})


# Leaks


def with_another_future(market: Market, after: int) -> Market:
    """The same market up to session `after`, everything later rewritten."""
    rng = np.random.default_rng(99)
    returns, covariates = market.returns.copy(), market.covariates.copy()
    returns[after + 1 :] = rng.normal(0.01, 0.05, len(returns) - after - 1)
    covariates.iloc[after + 1 :] = rng.normal(5, 3, covariates.iloc[after + 1 :].shape)
    return Market(market.dates, returns, covariates, market.horizons, market.origins)


def changed_forecasts(forecast, market: Market) -> int:
    """Rows that an origin forecast otherwise because prices or covariates after it were others."""
    after = market.origins[len(market.origins) // 2]
    before, rewritten = forecast(market), forecast(with_another_future(market, after))
    is_past = (before["as_of_date"] <= market.dates[after]).to_numpy()
    assert is_past.any() and not is_past.all()
    differs = (before[FORECAST[2:]] != rewritten[FORECAST[2:]]).any(axis=1).to_numpy()
    assert differs[~is_past].any(), "what comes after the rewritten sessions has to notice them"
    return int(differs[is_past].sum())


@pytest.mark.parametrize("peer", CHEAP_PEERS)
def test_a_peer_does_not_know_the_future(peer, monkeypatch):
    module, market = import_module(f"benchmarks.peers.{peer}"), simulated_market()
    if peer == "gjr_fhs":
        # arch draws residuals only from five times the sessions it simulates.
        monkeypatch.setattr(module, "N_PATHS", 200)
        market = simulated_market(n=800, first=660)
    if peer == "lightgbm_quantile":
        monkeypatch.setattr(module, "REFIT_MONTHS", 4)
    assert changed_forecasts(module.forecast, market) == 0


@pytest.mark.parametrize("unpurged", [0, 1, 5, 21])
def test_a_fit_changes_with_the_future_exactly_when_the_purge_is_short(unpurged):
    """Learns the quantiles of the last targets, `unpurged` of which had not ended when it was fitted."""

    def forecast(market):
        frames = []
        for refit in market.refits(1):
            rows = market.training_rows("1m", refit.start)
            known = market.target("1m")[max(rows.stop - 60, 0) : rows.stop + unpurged]
            quantiles = np.tile(np.quantile(known, QUANTILE_LEVELS), (len(refit.origins), 1))
            frames.append(market.forecasts("1m", refit.origins, quantiles))
        return pd.concat(frames, ignore_index=True)

    market = simulated_market(step=1)
    # The fit at the first session of a month: all that follows it is rewritten.
    start = next(refit.start for refit in market.refits(1) if refit.start > 330)
    own = Market(market.dates, market.returns, market.covariates, {"1m": 21}, market.origins)
    after = start - 1
    is_fit = (own.dates[own.origins] >= own.dates[start]) & (own.origins < start + 10)
    before, rewritten = (
        frame[is_fit] for frame in (forecast(own), forecast(with_another_future(own, after)))
    )
    assert before.equals(rewritten) == (unpurged == 0)


def test_training_rows_end_one_horizon_before_the_fit():
    market = simulated_market()
    for horizon, h in HORIZONS.items():
        rows = market.training_rows(horizon, 300)
        # The target of row t ends at t + h, which has to be a session before 300.
        assert rows.stop - 1 + h == 299
        assert market.training_rows(horizon, h - 1) == slice(0, 0)


def test_a_part_is_given_no_session_after_its_last_origin():
    market = simulated_market()
    seen = market.until(market.origins[:4])
    assert len(seen.dates) == len(seen.returns) == len(seen.covariates) == market.origins[3] + 1
    assert np.isnan(seen.target("1w")[-5:]).all()


# Identical rows, and the arithmetic


@pytest.fixture(scope="module")
def compared():
    """Market, the project's forecasts and a peer with every second row of which it happens to be good."""
    market = simulated_market(n=900, first=260, step=5)
    served = {"ensemble": normal_forecasts(market, 0.016), "ewma": normal_forecasts(market, 0.02)}
    served["climatology"] = normal_forecasts(market, 0.03, shift=0.01)
    partial = normal_forecasts(market, 0.016)
    realised = {name: market.target(name)[market.origins] for name in HORIZONS}
    for horizon, actual in realised.items():
        rows = partial["horizon"] == horizon
        near = np.where(np.isnan(actual), 0, actual)
        partial.loc[rows, FORECAST[2:]] = near[:, None] + np.array([-0.001, 0, 0.001])
    peer = peer_runs.Peer("partial", "a partial peer", "never fitted")
    return market, served, peer_runs.Run(peer, partial.iloc[::2].reset_index(drop=True), 12.0, 100.0)


def loss_of(actual: float, quantiles) -> float:
    """Mean pinball loss in words: an error costs its level when the forecast was too low, else the rest."""
    costs = []
    for level, value in zip(QUANTILE_LEVELS, quantiles, strict=True):
        costs.append(level * (actual - value) if actual > value else (1 - level) * (value - actual))
    return sum(costs) / len(costs)


def test_scores_recomputed_row_by_row(compared):
    market, served, run = compared
    forecasts = served | {"partial": run.forecasts}
    place_of = {pd.Timestamp(date): place for place, date in enumerate(market.dates)}
    for horizon, h in HORIZONS.items():
        scores, _ = score.horizon_scores(forecasts, market, horizon)
        rows = {
            name: {
                row.as_of_date: (row.p10_log, row.p50_log, row.p90_log)
                for row in frame[frame["horizon"] == horizon].itertuples()
            }
            for name, frame in forecasts.items()
        }
        for name, own in rows.items():
            losses, others, inside = [], [], []
            for date, quantiles in own.items():
                ahead = market.returns[place_of[date] + 1 : place_of[date] + h + 1]
                if len(ahead) < h:
                    continue
                losses.append(loss_of(ahead.sum(), quantiles))
                others.append(loss_of(ahead.sum(), rows["ewma"][date]))
                inside.append(quantiles[0] <= ahead.sum() <= quantiles[2])
            found = scores[name]
            assert found.n_rows == len(losses)
            assert found.loss == pytest.approx(np.mean(losses), rel=1e-9)
            assert found.skill == pytest.approx(1 - np.mean(losses) / np.mean(others), rel=1e-9, abs=1e-12)
            assert found.coverage == pytest.approx(np.mean(inside))


def test_a_peer_that_misses_rows_is_told_and_never_the_best(compared):
    market, served, run = compared
    scores, losses = score.horizon_scores(served | {"partial": run.forecasts}, market, "1w")
    assert not scores["partial"].is_whole and scores["partial"].loss < scores["ensemble"].loss
    best = score.best_other(scores, losses, ["ewma", "climatology", "partial"], 5)
    assert best.model_name == "ewma"
    assert best.gain == pytest.approx(1 - scores["ensemble"].loss / scores["ewma"].loss)
    text = page.page_part(market, served, "ewma", [run], None, "a simulation", "a test")
    counts = " / ".join(
        str(score.horizon_scores({**served, "p": run.forecasts}, market, h)[0]["p"].n_rows) for h in HORIZONS
    )
    assert f"a partial peer has {counts} rows" in text
    assert text.count("| a partial peer |") == 4 and " †" in text


def test_the_page_prints_the_scores(compared):
    market, served, run = compared
    text = page.page_part(market, served, "ewma", [run], page.Cost(24.0, 400.0), "a simulation", "a test")
    scores, _ = score.horizon_scores(served, market, "1m")
    table = [line.split(" | ") for line in text.splitlines() if line.startswith("| EWMA")]
    assert (
        table[0][2]
        == f"{100 * scores['ewma'].loss:.4f} ({scores['ewma'].loss / scores['ensemble'].loss:.3f})"
    )
    assert table[0][0] == "| EWMA(.94), normal (where it rests)" and "blend (where" not in text
    assert table[1][2].startswith("+0.00") and table[2][2] == f"{100 * scores['ewma'].coverage:.1f}"
    assert "| a partial peer | 12 | 0.50 | 100 | 0.25 | never fitted |" in text


def test_crossed_quantiles_are_scored_in_order_and_counted(compared):
    market, served, _ = compared
    crossed = served["ensemble"].rename(columns={"p10_log": "p90_log", "p90_log": "p10_log"})
    scores, _ = score.horizon_scores(served | {"crossed": crossed}, market, "3m")
    assert scores["crossed"].loss == scores["ensemble"].loss
    assert scores["crossed"].n_crossings == scores["crossed"].n_rows and scores["ensemble"].n_crossings == 0


def test_a_project_with_a_missing_row_is_refused(compared):
    market, served, _ = compared
    with pytest.raises(ValueError, match="ewma has"):
        score.horizon_scores(served | {"ewma": served["ewma"].iloc[3:]}, market, "1w")


# The runner


@pytest.fixture
def database(tmp_path):
    """A served database with only what the benchmark reads, of a simulated market."""
    market = simulated_market(n=600, first=400, step=1)
    targets = []
    for horizon, h in HORIZONS.items():
        column = pd.DataFrame({"as_of_date": market.dates, "actual_log": market.target(horizon)})
        targets.append(column.assign(horizon=horizon, horizon_sessions=h, session_index=np.arange(1, 601)))
    rows = {
        name: normal_forecasts(market, width) for name, width in {"ensemble": 0.016, "ewma": 0.02}.items()
    }
    tables = {
        "training.targets": pd.concat(targets),
        "features.daily_ml_matrix": market.covariates.assign(as_of_date=market.dates, run_id="r"),
        "forecasts.zl_predictions": rows["ensemble"],
        "training.bucket_predictions": rows["ewma"].assign(model_name="ewma"),
        "training.stacked_predictions": rows["ensemble"].assign(model_name="stack_l1").iloc[:0],
        "forecasts.driver_weights": pd.DataFrame([{"model_name": "ewma", "is_fallback": True}]),
        "ops.training_runs": pd.DataFrame(
            [{"run_id": "r", "data_origin": "sample", "effort": "quick", "last_as_of_date": market.dates[-1]}]
        ),
    }
    path = tmp_path / "zl.duckdb"
    with duckdb.connect(str(path)) as connection:
        for name, frame in tables.items():
            connection.execute(f"create schema if not exists {name.split('.')[0]}")
            connection.register("frame", frame)
            connection.execute(f"create table {name} as from frame")
            connection.unregister("frame")
    return path


PEERS = (
    # It asks for columns that this matrix does not have.
    peer_runs.Peer("textbook", "a peer that fails", "never"),
    peer_runs.Peer("random_walk", "a random walk", "monthly"),
)


@pytest.fixture
def bench(database, tmp_path, monkeypatch):
    """Runs `benchmarks.skill` on the database with two peers, one of which fails."""
    monkeypatch.setattr(skill, "PEERS", PEERS)
    monkeypatch.setattr(skill, "FOLDER", tmp_path / "bench")
    monkeypatch.chdir(skill.__file__.rsplit("/", 2)[0])

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["skill", str(database), *arguments])
        return skill.main()

    return run


def test_a_hole_in_the_returns_is_no_price():
    market = simulated_market()
    holed = market.returns.copy()
    holed[100] = np.nan
    with pytest.raises(ValueError, match="has no return"):
        _ = dataclasses.replace(market, returns=holed).log_price


def test_a_peer_that_fails_says_so_and_stops_no_other(bench, tmp_path, capsys):
    into = tmp_path / "benchmark.md"
    into.write_text("# Mine\n<!-- peers -->\nold\n<!-- end of peers -->\nafter\n")
    assert bench("--into", str(into)) == 1
    text = into.read_text()
    assert "| a peer that fails | failed: KeyError" in text
    walk = [line for line in text.splitlines() if line.startswith("| a random walk |")]
    assert len(walk) == 4 and "failed" not in "".join(walk)
    assert text.startswith("# Mine\n") and text.endswith("after\n") and "old" not in text
    assert (
        text.split("<!-- peers -->")[1].split("<!-- end of peers -->")[0].strip()
        == capsys.readouterr().out.strip()
    )


def test_what_is_stored_is_not_made_again_and_what_was_cut_short_is(bench, tmp_path, monkeypatch):
    bench()
    folder = tmp_path / "bench" / "peers"
    stored = folder / "random_walk-all.parquet"
    made, first = [], stored.read_bytes()
    make_part = peer_runs.make_part
    monkeypatch.setattr(
        peer_runs, "make_part", lambda peer, *rest: made.append(peer.module) or make_part(peer, *rest)
    )
    bench()
    assert made == ["textbook"]
    card = stored.with_suffix(".json")
    cost = json.loads(card.read_text())
    assert cost["cpu_seconds"] > 0.1 and cost["peak_mib"] > 20
    card.write_text(json.dumps(cost | {"key": "another market or another version"}))
    assert not peer_runs.is_stored(stored, cost["key"])
    # A run that was killed leaves forecasts without their card at most.
    card.unlink()
    bench()
    assert made == ["textbook", "textbook", "random_walk"] and stored.read_bytes() == first


def test_a_peer_nobody_asked_for_is_read_if_stored_and_else_said_to_be_missing(bench, capsys):
    assert bench("--peers", "random_walk") == 1
    assert "| a peer that fails | not run |" in capsys.readouterr().out


def test_the_project_is_built_once_measured_and_its_cost_is_the_unit(database, tmp_path, monkeypatch, capsys):
    commands = []

    def build(command, log, environment):
        commands.append(" ".join(command[1:]))
        shutil.copy(database, environment["ZL_DB"])
        assert not Path(environment["ZL_CACHE"]).exists(), "a cold build has no stored fits"
        return Measured(0, 600.0, 2000.0)

    monkeypatch.setattr(skill, "FOLDER", tmp_path / "bench")
    monkeypatch.setattr(skill, "PEERS", PEERS[:1])
    monkeypatch.setattr(skill, "run_measured", build)
    monkeypatch.setattr(sys, "argv", ["skill", "--landing", "landing/sample", "--peers", "textbook"])
    skill.main()
    skill.main()
    assert len(commands) == 1 and commands[0].startswith("build --select +zl_predictions --vars ")
    assert '"landing": "landing/sample"' in commands[0] and '"effort": "standard"' in commands[0]
    assert "| **ensemble** (the project) | 600 | 1 | 2,000 | 1 |" in capsys.readouterr().out


def test_a_build_that_fails_is_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(skill, "FOLDER", tmp_path / "bench")
    monkeypatch.setattr(skill, "run_measured", lambda *_: Measured(2, 1.0, 1.0))
    monkeypatch.setattr(sys, "argv", ["skill", "--landing", "nowhere"])
    assert skill.main() == 1
    assert capsys.readouterr().err.splitlines()[-1].startswith("The build of the project failed; see ")


def test_without_a_database_one_line_says_how_to_make_one(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["skill"])
    assert skill.main() == 1
    told = capsys.readouterr().err
    assert told.count("\n") == 1 and "make bench LANDING=" in told


def test_cost_counts_children_and_grandchildren(tmp_path):
    burn = "import time; t = time.process_time()\nwhile time.process_time() - t < .5: pass"
    parent = (
        f"import subprocess, sys; x = bytearray(80 << 20); subprocess.run([sys.executable, '-c', {burn!r}])"
    )
    measured = run_measured([sys.executable, "-c", parent], tmp_path / "log")
    assert measured.exit_code == 0
    assert measured.cpu_seconds >= 0.5 and measured.peak_mib > 80


def test_every_registered_peer_has_a_module_with_a_forecast():
    for peer in peer_runs.PEERS:
        source = (peer_runs.PEERS_FOLDER / f"{peer.module}.py").read_text()
        assert "def forecast(market: Market) -> pd.DataFrame:" in source
        # What it imports or loads of ours is in the key of what is stored.
        assert ("price_models" in source) == (peer_runs.PRICE_MODELS in peer.reads)
        assert all((peer_runs.PROJECT / name).is_file() for name in peer.reads)


def test_test_years_without_an_origin_are_no_part():
    market = simulated_market(n=900, first=260, step=5)
    costly = peer_runs.Peer("textbook", "costly", "yearly", years=(2016, 2017, 2030))
    found = peer_runs.parts(costly, market)
    assert list(found) == ["2016", "2017"]
    assert all(
        (market.dates[origins].astype("datetime64[Y]").astype(int) + 1970 == int(year)).all()
        for year, origins in found.items()
    )
