"""Speed of single parts: one date's paths, one light fit, and how the volatility benchmarks grow."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from ml import garch, params, volatility
from ml.histories import root_histories
from ml.quantile_estimator import fit_quantiles
from ml.simulation import Filter, simulate_cell

HORIZONS = {"1w": 5, "1m": 21, "3m": 63, "6m": 126}
N_PATHS, N_SESSIONS = 100_000, 126
TIMES = (1, 2, 4, 8)


def simulation_part() -> str:
    """One date's paths: four horizons of their own lengths, and four of the longest."""
    knobs = params.load_params("standard").simulation.model_copy(update={"n_paths": N_PATHS})
    residuals = np.random.default_rng(0).standard_t(5, size=3000) / np.sqrt(5 / 3)
    known = Filter(residuals, np.full(len(residuals), 2e-4), np.full(len(residuals), 2e-4))
    quantiles = np.array([-0.05, 0.0, 0.055])

    def cells(lengths: list[int]) -> None:
        for horizon, length in zip(HORIZONS, lengths, strict=True):
            simulate_cell("2024-06-28", horizon, length, 45.0, quantiles, known, knobs)

    lengths = list(HORIZONS.values())
    own, longest = (cpu_seconds(partial(cells, each)) for each in (lengths, [N_SESSIONS] * len(lengths)))
    return (
        "### Simulation of one date\n\n"
        f"{N_PATHS:,} paths, percentiles and risk of both sides: the four horizons "
        f"({', '.join(map(str, lengths))} sessions) {own:.2f} CPU s;\nfour times {N_SESSIONS} sessions "
        f"{longest:.2f} CPU s.\n"
    )


def fit_part() -> str:
    """A light fit through `fit_quantiles` beside the bare training of the same trees on the same rows."""
    rows, target = training_rows(2400)
    lines = []
    for chosen in (["GBM"], ["GBM", "CAT"]):
        ours = cpu_seconds(partial(light_fit, rows, target, families(chosen)))
        theirs = cpu_seconds(partial(bare_training, rows, target, n_before_holdout(rows), families(chosen)))
        lines.append([" + ".join(chosen), f"{ours:.2f}", f"{theirs:.2f}", f"{ours - theirs:.2f}"])
    return (
        "### One light fit\n\n2,400 rows, 20 features, three quantiles; trained before the holdout and "
        "again on all rows.\n\n" + markdown(["families", "fit, CPU s", "bare training", "overhead"], lines)
    )


def training_rows(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Twenty features and a target that one of them moves."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(n, 20))
    return rows, rows[:, 0] * 0.2 + rng.normal(size=n)


def families(names: Sequence[str]) -> dict[str, dict]:
    """The knobs of these families of trees."""
    known = params.load_params("standard").learners.estimators.model_dump(exclude_none=True)
    return {name: known[name] for name in names}


def n_before_holdout(rows: np.ndarray) -> int:
    """Rows that are trained on before the holdout."""
    return len(rows) * 19 // 24


def light_fit(rows: np.ndarray, target: np.ndarray, chosen: dict[str, dict]) -> None:
    """One fit as the main job makes it, a month purged before the holdout."""
    n_fit = n_before_holdout(rows)
    fit_quantiles(
        rows=rows,
        target=target,
        n_fit=n_fit,
        first_holdout=n_fit + 26,
        quantile_levels=params.QUANTILE_LEVELS,
        hyperparameters=chosen,
        portfolio=None,
        families=(),
        seed=1,
        time_limit_decides=False,
        time_limit_seconds=300,
    )


def refits(n_sessions: int) -> None:
    """A specialist of one horizon along a history: every fit on all rows before it."""
    rows, target = training_rows(n_sessions)
    walk = params.load_params("standard").walk_forward
    for n_known in range(walk.min_train_sessions, n_sessions, 21 * walk.refit_months):
        light_fit(rows[:n_known], target[:n_known], families(["GBM", "CAT"]))


def bare_training(rows: np.ndarray, target: np.ndarray, n_fit: int, chosen: dict[str, dict]) -> None:
    """The trees of a fit without anything around them: on the rows before the holdout, then on all."""
    import catboost
    import lightgbm

    for n in (n_fit, len(rows)):
        if "GBM" in chosen:
            knobs = chosen["GBM"] | {
                "objective": "quantile",
                "num_threads": 1,
                "verbosity": -1,
                "deterministic": True,
                "force_col_wise": True,
            }
            n_rounds = knobs.pop("num_boost_round")
            for level in params.QUANTILE_LEVELS:
                lightgbm.train(knobs | {"alpha": level}, lightgbm.Dataset(rows[:n], target[:n]), n_rounds)
        if "CAT" in chosen:
            loss = f"MultiQuantile:alpha={','.join(map(str, params.QUANTILE_LEVELS))}"
            model = catboost.CatBoostRegressor(
                loss_function=loss,
                thread_count=1,
                verbose=False,
                allow_writing_files=False,
                **chosen["CAT"],
            )
            model.fit(rows[:n], target[:n])


def scaling_part() -> str:
    """The volatility benchmarks on more instruments and on longer histories, and what is fitted only once."""
    knobs = params.load_params("standard").volatility

    def known_fits(bars: pd.DataFrame) -> float:
        return cpu_seconds(partial(volatility.benchmark_forecasts, bars, HORIZONS, knobs, typical_gjr))

    def fits(bars: pd.DataFrame) -> float:
        return cpu_seconds(partial(volatility.gjr_fits, root_histories(bars), knobs, own_gjr), n=1)

    def learners(bars: pd.DataFrame) -> float:
        return cpu_seconds(partial(refits, len(bars)), n=1)

    lines = []
    for name, cost, sizes in (
        ("instruments", known_fits, [(4 * k, 1500) for k in TIMES]),
        ("history", known_fits, [(4, 1500 * k) for k in TIMES]),
        ("history, the GARCH fits of one root", fits, [(1, 1500 * k) for k in TIMES]),
        ("history, the learners' fits of one model and horizon", learners, [(1, 1500 * k) for k in TIMES]),
    ):
        spent = [cost(market(*size)) for size in sizes]
        lines.append(
            [
                name,
                *(f"{s:.2f}" for s in spent),
                *(f"{b / a:.2f}" for a, b in itertools.pairwise(spent)),
            ]
        )
    header = [
        "more",
        *(f"x{k}, CPU s" for k in TIMES),
        *(f"x{b} / x{a}" for a, b in itertools.pairwise(TIMES)),
    ]
    return (
        "### Growth\n\n`benchmark_forecasts` from 4 simulated roots of 1,500 sessions with GARCH "
        "coefficients given, as in every build after the first;\nthe fits themselves, made once, apart; "
        "the learners' are light ones of two families, as below. Linear is 2.00 a doubling.\n\n"
        + markdown(header, lines)
    )


def market(n_roots: int, n_sessions: int) -> pd.DataFrame:
    """Bars as int_bars__roll_neutral has them, of roots whose log variance wanders slowly."""
    rng = np.random.default_rng(n_roots + n_sessions)
    dates = pd.bdate_range("2000-01-03", periods=n_sessions).astype("datetime64[us]")
    roots = []
    for place in range(n_roots):
        sd = 0.012 * np.exp(0.3 * np.sin(np.cumsum(rng.normal(0, 0.03, n_sessions))))
        returns = sd * rng.standard_normal(n_sessions)
        close = 100 * np.exp(np.cumsum(returns) - returns.cumsum()[-1] * np.linspace(0, 1, n_sessions))
        previous = np.concatenate([[np.nan], close[:-1]])
        opening = np.where(np.isnan(previous), close, previous)
        roots.append(
            pd.DataFrame(
                {
                    "symbol": f"S{place:03d}",
                    "edition_at": pd.Timestamp("1970-01-01"),
                    "trade_date": dates,
                    "open": opening,
                    "high": np.maximum(opening, close) * 1.004,
                    "low": np.minimum(opening, close) * 0.996,
                    "previous_close": previous,
                    "return_log": np.log(close / previous),
                    "published_at": dates + pd.Timedelta(hours=19),
                }
            )
        )
    return pd.concat(roots, ignore_index=True)


def typical_gjr(tasks: list, label: str) -> list[np.ndarray]:
    """In place of the optimiser: coefficients that move about from fit to fit."""
    typical = np.array(garch.Gjr(omega=2e-6, alpha=0.03, gamma=0.04, beta=0.92))
    moves = np.random.default_rng(0).uniform(0.9, 1.1, (len(tasks), 3))
    return [
        np.tile(typical * [*move, 1], (len(task.arguments["returns"]), 1))
        for task, move in zip(tasks, moves, strict=True)
    ]


def own_gjr(tasks: list, label: str) -> list[np.ndarray]:
    """The optimiser at work, with nothing cached."""
    return [task.function(**task.arguments) for task in tasks]


def cpu_seconds(work: Callable[[], Any], n: int = 3) -> float:
    """Least CPU seconds of n runs after one that warms up (imports, allocations)."""
    work()
    spent = []
    for _ in range(n):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return min(spent)


def markdown(header: list[str], lines: list[list[str]]) -> str:
    """A table."""
    rule = ["---", *["---:"] * (len(header) - 1)]
    return "".join(f"| {' | '.join(line)} |\n" for line in [header, rule, *lines])
