"""The Chronos-Bolt baseline: bit-identical under a cut, honest about its checkpoint, and no worse than it
says."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ml import chronos, chronos_pretraining, fits
from ml.params import PROJECT, Chronos, load_params

LENGTH, BATCH, N = 48, 8, 92
KNOBS = {"context_sessions": LENGTH, "batch_size": BATCH}
CHECKPOINT = PROJECT / "ml" / "checkpoints" / "chronos_bolt_zl_small"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> Path:
    """A Chronos-Bolt of the real class with random weights and a few thousand parameters."""
    import torch
    from chronos.chronos_bolt import ChronosBoltModelForForecasting

    torch.manual_seed(1)
    config = chronos_pretraining.new_model(1).config
    config.update(
        {"d_model": 16, "d_kv": 8, "d_ff": 32, "num_heads": 2, "num_layers": 1, "num_decoder_layers": 1}
    )
    folder = tmp_path_factory.mktemp("tiny") / "checkpoint"
    chronos_pretraining.save(ChronosBoltModelForForecasting(config), folder)
    return folder


@pytest.fixture
def in_this_process(monkeypatch):
    """Batches computed here instead of in child processes: fifteen seconds less, the same code."""
    monkeypatch.setattr(
        chronos,
        "run_fits",
        lambda tasks, label: [task.function(**task.arguments, **task.guards) for task in tasks],
    )


def market(n: int = N, seed: int = 3) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Sessions, bars and windows of an invented market: blocks of 20 sessions from session 51 on."""
    dates = pd.bdate_range("2020-01-01", periods=n).to_numpy()
    first = pd.Timestamp("1970-01-01")
    price = 40 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.015, N)))[:n]
    bars = pd.DataFrame({"edition_at": first, "trade_date": dates, "adj_close": price})
    sessions = pd.DataFrame(
        {"as_of_date": dates, "session_index": np.arange(1, n + 1), "zl_edition_at": first}
    )
    windows = pd.DataFrame(
        [
            {
                "fold_id": f"block {begin}",
                "horizon": horizon,
                "horizon_sessions": h,
                "test_first_index": begin,
                "test_last_index": min(begin + 19, n),
            }
            for begin in range(51, n + 1, 20)
            for horizon, h in {"1w": 5, "1m": 21, "3m": 63, "6m": 126}.items()
        ]
    )
    return sessions, bars, windows


def test_a_cut_changes_no_bit_of_the_forecasts_before_it(tiny, in_this_process):
    knobs = Chronos(model_path=str(tiny), **KNOBS)
    full = chronos.zero_shot_quantiles(*market(), knobs)
    for last in (53, 71, 79, 80):
        cut = chronos.zero_shot_quantiles(*market(last), knobs)
        pd.testing.assert_frame_equal(cut, full.head(len(cut)), check_exact=True)
        assert cut["as_of_date"].max() == market()[0]["as_of_date"][last - 1]


def test_order_of_the_inputs_changes_nothing(tiny, in_this_process):
    knobs = Chronos(model_path=str(tiny), **KNOBS)
    shuffled = [frame.sample(frac=1, random_state=5) for frame in market()]
    pd.testing.assert_frame_equal(
        chronos.zero_shot_quantiles(*shuffled, knobs),
        chronos.zero_shot_quantiles(*market(), knobs),
        check_exact=True,
    )


def test_it_writes_one_sorted_row_per_tested_session_and_horizon(tiny, in_this_process):
    frame = chronos.zero_shot_quantiles(*market(), Chronos(model_path=str(tiny), **KNOBS))
    assert len(frame) == (N - 50) * 4
    assert not frame.duplicated(["as_of_date", "horizon"]).any()
    assert (frame["p10_log"] <= frame["p50_log"]).all() and (frame["p50_log"] <= frame["p90_log"]).all()
    assert set(frame["model_name"]) == {"chronos_bolt"}
    assert frame.groupby("fold_id")["as_of_date"].nunique().to_dict() == {
        "block 51": 20,
        "block 71": 20,
        "block 91": 2,
    }
    assert frame["checkpoint"].str.startswith(f"{tiny}@").all()


def test_without_a_block_to_forecast_the_frame_is_empty_and_typed(tiny, in_this_process):
    sessions, bars, windows = market()
    knobs = Chronos(model_path=str(tiny), **KNOBS)
    full, none = (chronos.zero_shot_quantiles(sessions, bars, w, knobs) for w in (windows, windows.head(0)))
    assert none.empty and list(none) == list(full)
    assert (none.dtypes == full.dtypes).all()


def test_a_quantile_is_the_forecast_log_price_less_the_last_one(tiny, in_this_process):
    import torch
    from chronos import ChronosBoltPipeline

    sessions, bars, windows = market()
    frame = chronos.zero_shot_quantiles(sessions, bars, windows, Chronos(model_path=str(tiny), **KNOBS))
    log_price = np.log(bars["adj_close"].to_numpy())
    pipeline = ChronosBoltPipeline.from_pretrained(str(tiny), torch_dtype=torch.float32)
    for place in (50, 66, 91):
        past = torch.tensor(log_price[place - LENGTH + 1 : place + 1], dtype=torch.float32)
        ahead = pipeline.predict(past, 126)[0].numpy()
        mine = frame[frame["as_of_date"] == sessions["as_of_date"][place]].set_index("horizon")
        for horizon, h in {"1w": 5, "6m": 126}.items():
            expected = np.sort(ahead[[0, 4, 8], h - 1] - log_price[place])
            np.testing.assert_allclose(
                mine.loc[horizon, ["p10_log", "p50_log", "p90_log"]].to_numpy(float), expected, atol=2e-6
            )


def test_a_new_session_forecasts_its_own_batch_and_a_rerun_none(tiny, tmp_path, monkeypatch):
    monkeypatch.setenv("ZL_CACHE", str(tmp_path))
    monkeypatch.setattr(fits, "worker_count", lambda: 1)  # importing AutoGluon once is slow enough
    knobs = Chronos(model_path=str(tiny), **KNOBS)
    made = [fits.fit_counts().made]
    frames = []
    for last in (N - 1, N - 1, N):
        frames.append(chronos.zero_shot_quantiles(*market(last), knobs))
        made.append(fits.fit_counts().made)
    assert np.diff(made).tolist() == [6, 0, 1]
    pd.testing.assert_frame_equal(frames[0], frames[2].head(len(frames[0])), check_exact=True)


def test_the_past_ends_at_the_as_of_close_and_is_read_from_the_edition_in_force():
    dates = pd.bdate_range("2020-01-01", periods=6).to_numpy()
    old, new = pd.Timestamp("1970-01-01"), pd.Timestamp(dates[3]) + pd.Timedelta(hours=18)
    bars = pd.DataFrame(
        {
            "edition_at": [old] * 6 + [new] * 6,
            "trade_date": [*dates, *dates],
            "adj_close": np.exp([1.0, 2, 3, 4, 5, 6, 1, 2.5, 3, 4, 5, 6]),
        }
    )
    origins = pd.DataFrame({"as_of_date": dates[2:5], "zl_edition_at": [old, old, new]})
    past = chronos.log_price_contexts(origins, bars, 4)
    np.testing.assert_allclose(past, [[np.nan, 1, 2, 3], [1, 2, 3, 4], [2.5, 3, 4, 5]])


@pytest.mark.parametrize(
    ("model_path", "said"),
    [
        ("ml/checkpoints/nowhere/at_all", "neither a folder in the project nor a hub name"),
        ("amazon/chronos-bolt-nonsense", "hub cache has no such model (HF_HUB_OFFLINE=0 fetches it)"),
        ("ml/buckets", "has no config.json with `chronos_config`"),
    ],
)
def test_a_checkpoint_that_is_not_there_is_one_clear_line(model_path, said, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(chronos.ChronosError) as refusal:
        chronos.find_checkpoint(model_path)
    assert said in str(refusal.value)
    assert model_path in str(refusal.value) and "\n" not in str(refusal.value)


def test_weights_that_cannot_be_read_are_refused_by_name(tiny, tmp_path):
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "config.json").write_text((tiny / "config.json").read_text())
    (broken / "model.safetensors").write_bytes((tiny / "model.safetensors").read_bytes()[:1000])
    found = chronos.find_checkpoint(str(broken))
    with pytest.raises(chronos.ChronosError, match="broken"):
        chronos.log_price_quantiles(np.zeros((2, 16)), np.array([5]), found.content, str(broken))


def test_another_checkpoint_is_another_value(tiny, tmp_path):
    config = json.loads((tiny / "config.json").read_text())
    other = tmp_path / "other"
    other.mkdir()
    (other / "config.json").write_text(json.dumps(config | {"layer_norm_epsilon": 1e-5}))
    (other / "model.safetensors").write_bytes((tiny / "model.safetensors").read_bytes())
    assert chronos.find_checkpoint(str(other)).content != chronos.find_checkpoint(str(tiny)).content


def test_importing_it_loads_neither_torch_nor_autogluon():
    program = (
        "import sys, ml.chronos; print([m for m in ('torch', 'autogluon', 'chronos') if m in sys.modules])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=PROJECT, check=True
    )
    assert answer.stdout.strip() == "[]"


def test_the_default_checkpoint_is_small_and_says_what_it_is():
    found = chronos.find_checkpoint(load_params("quick").chronos.model_path)
    assert found.folder == CHECKPOINT
    assert sum(file.stat().st_size for file in CHECKPOINT.iterdir()) < 5_000_000
    readme = (CHECKPOINT / "README.md").read_text()
    facts = json.loads((CHECKPOINT / "scores.json").read_text())
    assert f"--steps {facts['steps']} --seed {facts['seed']}" in readme
    assert "simulated" in readme and facts["training_data"] == "simulated"


def test_the_default_checkpoint_is_within_three_percent_of_the_naive_on_unseen_simulated_markets():
    import torch
    from chronos.chronos_bolt import ChronosBoltModelForForecasting

    torch.set_num_threads(1)
    model = ChronosBoltModelForForecasting.from_pretrained(CHECKPOINT, dtype=torch.float32).eval()
    held_out = chronos_pretraining.held_out_scores(model, seed=77, n=1024)
    for horizon, score in held_out.items():
        assert score["skill_pct"] > -3, (horizon, score)


def test_training_the_same_steps_with_the_same_seed_gives_the_same_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(chronos_pretraining, "held_out_scores", lambda model, seed: {})
    for name in ("a", "b"):
        model = chronos_pretraining.train(2, seed=5, batch=2, n_pairs=1, say=lambda line: None)
        chronos_pretraining.save(model, tmp_path / name)
    assert (tmp_path / "a" / "model.safetensors").read_bytes() == (
        tmp_path / "b" / "model.safetensors"
    ).read_bytes()


def test_simulated_futures_leave_from_the_last_price_in_mirrored_pairs():
    past, future = chronos_pretraining.simulate(np.random.default_rng(2), 200, 256, 3)
    assert past.shape == (200, 256) and future.shape == (200, 6, 128)
    assert np.isfinite(past).all() and np.isfinite(future).all()
    daily = np.diff(past, axis=1).std(axis=1)
    first_steps = future[:, :, 0] - past[:, -1:]
    assert 0.5 < np.median(np.abs(first_steps).mean(axis=1) / daily) < 0.8  # 0.80 if volatility never moved
    later_steps = np.diff(future, axis=2).std(axis=(1, 2))
    assert 0.8 < np.median(later_steps / daily) < 1.2
    assert 0.005 < np.median(daily) < 0.03
    centre = future.reshape(200, 3, 2, 128).mean(axis=2) - past[:, -1, None, None]  # drift and reversion only
    assert np.median(np.abs(centre[:, 0, -1]) / (daily * np.sqrt(128))) < 0.25


def test_the_naive_is_a_driftless_normal_of_ewma_width():
    steady = np.cumsum(np.tile([0.01, -0.01], 100))[None]
    low, mid, high = chronos_pretraining.naive_quantiles(steady, (1, 4))[0].T
    np.testing.assert_allclose(mid, 0)
    np.testing.assert_allclose(high, [0.0128155, 0.025631], rtol=1e-5)
    np.testing.assert_allclose(low, -high)
