"""A small synthetic market for tests of learners: no real value, one planted driver."""

import numpy as np
import pandas as pd

HORIZONS = {"1w": 5, "1m": 21}


def market(n=620, n_features=4, effect=1.5, seed=0, horizons=HORIZONS):
    """Matrix and standardised targets; `f0` moves every horizon's target by `effect` standard deviations."""
    rng = np.random.default_rng(seed)
    dates = pd.bdate_range("2010-06-07", periods=n)
    features = rng.standard_normal((n, n_features))
    matrix = pd.DataFrame(features, columns=[f"f{place}" for place in range(n_features)])
    matrix.insert(0, "as_of_date", dates)
    frames = []
    for horizon, h in horizons.items():
        target_std = effect * features[:, 0] + rng.standard_normal(n)
        target_std[n - h :] = np.nan
        volatility = 0.015 * np.sqrt(h) * (1 + 0.2 * np.sin(np.arange(n) / 50))
        frames.append(
            pd.DataFrame(
                {
                    "as_of_date": dates,
                    "horizon": horizon,
                    "session_index": np.arange(1, n + 1),
                    "vol_forecast_log": volatility,
                    "blend_forecast_log": volatility * (1.1 + 0.1 * np.cos(np.arange(n) / 20)),
                    "target_log": target_std * volatility,
                    "target_std": target_std,
                }
            )
        )
    return matrix, pd.concat(frames, ignore_index=True)


def folds(n=620, first=500, step=60, horizons=HORIZONS):
    """Purged walk-forward windows over sessions 1..n."""
    return pd.DataFrame(
        [
            {
                "fold_id": f"from {start}",
                "horizon": horizon,
                "horizon_sessions": h,
                "train_first_index": 1,
                "train_last_index": start - h - 1,
                "test_first_index": start,
                "test_last_index": min(start + step - 1, n),
            }
            for start in range(first, n + 1, step)
            for horizon, h in horizons.items()
        ]
    )
