"""`chronos_bolt`: a pretrained Chronos-Bolt, zero-shot on the log price up to the as-of close.

The checkpoint is a local folder (ours, `ml/checkpoints/`, made by `ml.chronos_pretraining` from simulated
series) or a model of the Hugging Face hub; AutoGluon's `TimeSeriesPredictor` runs it. Nothing is fitted to
market data. The h-session quantile of the log return is the forecast quantile of the log price h steps ahead
minus the log price at the as-of close: never a sum of step quantiles. One step is one valid session, on an
artificial daily index: the network knows order, not dates.

A forecast must not depend on what else is forecast with it, to the last bit: a replay has fewer sessions than
the full build. Matrix kernels round differently for different shapes, so shapes never change. Every context
has the same length, every batch the same number of rows, a session always the same batch and row in it (its
number divided by the batch size, and the rest), and rows without a session repeat one that has. Each batch is
one cached value, so a new day forecasts its own batch only.
"""

import functools
import hashlib
import json
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.fits import Fit, run_fits
from ml.params import PROJECT, QUANTILE_LEVELS, Chronos

MODEL_NAME = "chronos_bolt"
PACKAGES = ("autogluon.timeseries", "chronos-forecasting", "torch", "transformers")
WEIGHTS = ("model.safetensors", "pytorch_model.bin")
_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")


class ChronosError(ValueError):
    """The checkpoint cannot be used; one line that names what was tried."""


class Checkpoint(NamedTuple):
    """A checkpoint on disk: the name people know it by, its folder, and the hash of its content."""

    name: str
    folder: Path
    content: str

    @property
    def label(self) -> str:
        """Name and hash, as forecasts carry it."""
        return f"{self.name}@{self.content[:12]}"


def zero_shot_quantiles(
    sessions: pd.DataFrame, bars: pd.DataFrame, windows: pd.DataFrame, knobs: Chronos
) -> pd.DataFrame:
    """Level-0 frame of Chronos-Bolt for every session of a test block.

    Parameters
    ----------
    sessions : as_of_date, session_index, zl_edition_at; one row per valid ZL session.
    bars : edition_at, trade_date, adj_close of ZL; one row per edition and session.
    windows : fold_id, horizon, horizon_sessions, test_first_index, test_last_index.

    Returns
    -------
    as_of_date, horizon, model_name, fold_id, p10_log, p50_log, p90_log (sorted), checkpoint; one row per
    session and horizon, ordered by them.

    Raises
    ------
    ChronosError
        If the checkpoint is neither a local folder nor a model of the hub that can be had.
    """
    checkpoint = find_checkpoint(knobs.model_path)
    windows = windows.sort_values(["test_first_index", "horizon_sessions"])
    steps = windows.drop_duplicates("horizon")["horizon_sessions"].sort_values().to_numpy(dtype=np.int64)
    index = sessions["session_index"]
    is_tested = (index >= windows["test_first_index"].min()) & (index <= windows["test_last_index"].max())
    origins = sessions[is_tested].sort_values("session_index").reset_index(drop=True)
    past = log_price_contexts(origins, bars, knobs.context_sessions)
    said = f"chronos_baseline: {len(origins)} sessions, checkpoint {checkpoint.label}"
    print(said, file=sys.stderr, flush=True)
    returns = batched_quantiles(past, origins["session_index"].to_numpy(), steps, checkpoint, knobs)
    return _level_0(origins, windows, steps, returns).assign(checkpoint=checkpoint.label)


def find_checkpoint(model_path: str, project: Path = PROJECT) -> Checkpoint:
    """The checkpoint `model_path` names: a folder (relative to the project, or absolute) or a hub name.

    A hub model is taken from the local hub cache; it is fetched only if HF_HUB_OFFLINE=0 is set.

    Raises
    ------
    ChronosError
        Naming what was tried.
    """
    folder = project / model_path
    if folder.is_dir():
        return Checkpoint(model_path, folder, _content_hash(folder, model_path))
    if not _HUB_NAME.fullmatch(model_path):
        raise ChronosError(
            f"chronos.model_path in ml/params.yml: found {model_path!r}; it is neither a folder in the "
            "project nor a hub name (owner/name). Expected for instance ml/checkpoints/chronos_bolt_zl_small."
        )
    fetch = os.environ.get("HF_HUB_OFFLINE") == "0"
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from huggingface_hub import snapshot_download

    try:
        folder = Path(snapshot_download(model_path, local_files_only=not fetch))
    except Exception as error:
        cause = "could not deliver it" if fetch else "cache has no such model (HF_HUB_OFFLINE=0 fetches it)"
        raise ChronosError(
            f"chronos.model_path in ml/params.yml: {model_path!r} is no folder in the project, and the hub "
            f"{cause}: {type(error).__name__}."
        ) from None
    return Checkpoint(model_path, folder, _content_hash(folder, model_path))


def log_price_contexts(origins: pd.DataFrame, bars: pd.DataFrame, length: int) -> NDArray:
    """Log roll-neutral prices of the `length` sessions up to each as-of close, (n, length), newest last.

    Read from the edition in force at that close, so that a later revision never enters. NaN on the left where
    history is shorter.
    """
    past = np.full((len(origins), length), np.nan)
    editions = dict(iter(bars.sort_values(["edition_at", "trade_date"]).groupby("edition_at")))
    for edition_at, rows in origins.groupby("zl_edition_at"):
        edition = editions[edition_at]
        log_price = np.log(edition["adj_close"].to_numpy(dtype=np.float64))
        ends = np.searchsorted(edition["trade_date"].to_numpy(), rows["as_of_date"].to_numpy(), side="right")
        for row, end in zip(rows.index, ends, strict=True):
            known = log_price[max(0, end - length) : end]
            past[row, length - len(known) :] = known
    return past


def batched_quantiles(
    past: NDArray, session_index: NDArray, steps: NDArray, checkpoint: Checkpoint, knobs: Chronos
) -> NDArray:
    """Sorted quantiles of the log return, shape (n, steps, levels), from cached batches of a fixed shape.

    Parameters
    ----------
    past : shape (n, context). Log prices, newest last.
    session_index : shape (n,). Decides batch and row in it.
    steps : shape (s,). Sessions ahead.
    """
    batch_of, row_of = np.divmod(session_index, knobs.batch_size)
    batches = np.unique(batch_of)
    tasks = []
    for batch in batches:
        inside = batch_of == batch
        filled = np.repeat(past[inside][:1], knobs.batch_size, axis=0)
        filled[row_of[inside]] = past[inside]
        tasks.append(
            Fit(
                kind="chronos",
                name=f"{MODEL_NAME} sessions {session_index[inside].min()}-{session_index[inside].max()}",
                function=log_price_quantiles,
                arguments={"past": filled, "steps": steps, "content": checkpoint.content},
                guards={"folder": str(checkpoint.folder)},
                code=(sys.modules[__name__],),
                packages=PACKAGES,
            )
        )
    if not tasks:
        return np.empty((0, len(steps), len(QUANTILE_LEVELS)))
    answers = run_fits(tasks, "chronos_baseline")
    place = np.searchsorted(batches, batch_of)
    ahead = np.stack(answers)[place, row_of]  # (n, steps, levels), log prices
    return np.sort(ahead - past[:, -1, None, None], axis=2)


def log_price_quantiles(past: NDArray, steps: NDArray, content: str, folder: str) -> NDArray:
    """Quantiles of the log price `steps` sessions ahead, (n, steps, levels); one forward pass of n rows.

    Runs in a child process, which keeps the loaded checkpoint for its next batch.

    Raises
    ------
    ChronosError
        If the checkpoint's weights cannot be read.
    """
    import torch
    from autogluon.timeseries import TimeSeriesDataFrame

    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True, warn_only=True)
    n, length = past.shape
    long = pd.DataFrame(
        {
            "item_id": np.repeat(np.arange(n), length),
            "timestamp": np.tile(pd.date_range("2000-01-01", periods=length, freq="D"), n),
            "target": past.ravel(),
        }
    )
    data = TimeSeriesDataFrame.from_data_frame(long)
    prediction_length = int(steps.max())
    ahead = _predictor(folder, content, n, length, prediction_length, data).predict(data, use_cache=False)
    ahead = ahead.sort_index()
    values = ahead[[str(level) for level in QUANTILE_LEVELS]].to_numpy(dtype=np.float64)
    return values.reshape(n, prediction_length, len(QUANTILE_LEVELS))[:, steps - 1]


_loaded: dict[tuple, object] = {}


def _predictor(folder: str, content: str, batch: int, length: int, prediction_length: int, data):
    """AutoGluon's predictor around the checkpoint; made once per process. `data` only shows it the format."""
    key = (content, batch, length, prediction_length)
    if key not in _loaded:
        from autogluon.timeseries import TimeSeriesPredictor

        chronos = {
            "model_path": folder,
            "batch_size": batch,
            "context_length": length,
            "device": "cpu",
            "torch_dtype": "float32",  # ours is stored in half precision and computed in single
        }
        with tempfile.TemporaryDirectory(prefix="zl-chronos-") as scratch:
            predictor = TimeSeriesPredictor(
                target="target",
                freq="D",
                prediction_length=prediction_length,
                quantile_levels=list(QUANTILE_LEVELS),
                path=f"{scratch}/predictor",
                verbosity=0,
            )
            try:
                predictor.fit(
                    data,
                    hyperparameters={"Chronos": chronos},
                    enable_ensemble=False,
                    skip_model_selection=True,
                    random_seed=0,
                )
                predictor.persist()  # from here on nothing is read from the folder
            except Exception as error:
                why = (str(error).strip() or type(error).__name__).splitlines()[-1]
                raise ChronosError(f"the Chronos checkpoint in {folder} cannot be loaded: {why}") from error
        _loaded[key] = predictor
    return _loaded[key]


def _level_0(origins: pd.DataFrame, windows: pd.DataFrame, steps: NDArray, returns: NDArray) -> pd.DataFrame:
    """The frame all level-0 forecasters write; `returns` (sessions, steps, levels)."""
    columns = {name: [] for name in ("as_of_date", "horizon", "fold_id")}
    quantiles = [np.empty((0, len(QUANTILE_LEVELS)))]
    for fold in windows.itertuples():
        rows = origins["session_index"].between(fold.test_first_index, fold.test_last_index).to_numpy()
        quantiles.append(returns[rows, int(np.searchsorted(steps, fold.horizon_sessions))])
        columns["as_of_date"].extend(origins["as_of_date"][rows])
        columns["horizon"].extend([fold.horizon] * rows.sum())
        columns["fold_id"].extend([fold.fold_id] * rows.sum())
    frame = pd.DataFrame(columns).astype({"as_of_date": "datetime64[us]", "horizon": str, "fold_id": str})
    frame.insert(2, "model_name", MODEL_NAME)
    frame[["p10_log", "p50_log", "p90_log"]] = np.concatenate(quantiles)
    return frame.sort_values(["as_of_date", "horizon"], kind="stable").reset_index(drop=True)


@functools.cache
def _content_hash(folder: Path, name: str) -> str:
    """Hex SHA-256 of what decides a checkpoint's forecasts: its configuration and its weights.

    Raises
    ------
    ChronosError
        If the folder holds no Chronos configuration or no weights.
    """
    found = [folder / weights for weights in WEIGHTS if (folder / weights).is_file()][:1]
    try:
        config = json.loads((folder / "config.json").read_text())
    except (OSError, ValueError):
        config = {}
    if "chronos_config" not in config or not found:
        lacks = (
            "weights (model.safetensors)"
            if "chronos_config" in config
            else "config.json with `chronos_config`"
        )
        raise ChronosError(
            f"chronos.model_path in ml/params.yml: the checkpoint {name!r} has no {lacks} in {folder}."
        )
    digest = hashlib.sha256((folder / "config.json").read_bytes())
    digest.update(found[0].read_bytes())
    return digest.hexdigest()
