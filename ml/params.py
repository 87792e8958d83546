"""Learning knobs: `ml/params.yml` and `ml/buckets/<bucket>.yml`, typed, frozen and refused when misspelt.

A knob's reason stands beside its value in the YAML. Every section is a class here, so that a wrong key is
found before anything is built; this module imports nothing heavier than pydantic.
"""

import csv
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

PROJECT = Path(__file__).resolve().parent.parent
EFFORTS = ("quick", "standard", "full")
FAMILIES = ("GBM", "CAT", "XT", "RF", "NN_TORCH")
"""Families of AutoGluon that really forecast quantiles and install here."""
QUANTILE_LEVELS = (0.1, 0.5, 0.9)
NORMAL_Z90 = 1.2815515655446004
"""Standard normal 90 % point: p90 - p50 of a normal of standard deviation 1."""
ANSWERS = ("target_", "actual_", "matured_", "vol_forecast_", "blend_forecast_")
"""Prefixes of columns that hold the answer, or are made from it: never a feature."""

Fraction = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[int, Field(ge=1)]


class ParamsError(ValueError):
    """A learning knob is misspelt, missing or out of range; the message is one line."""


class Section(BaseModel):
    """A frozen group of knobs that refuses keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


class WalkForward(Section):
    """Where folds are anchored and how much history the first one needs."""

    refit_months: Annotated[int, Field(ge=1, le=12)]
    min_train_sessions: Positive
    unserved_years: Annotated[int, Field(ge=0)]


class LightGBM(Section):
    """LightGBM (family GBM)."""

    num_boost_round: Positive
    learning_rate: Annotated[float, Field(gt=0, le=1)]
    num_leaves: Annotated[int, Field(ge=2)]
    min_data_in_leaf: Positive
    feature_fraction: Annotated[float, Field(gt=0, le=1)]
    max_bin: Annotated[int, Field(ge=3)]
    lambda_l2: Annotated[float, Field(ge=0)] = 0.0
    bagging_fraction: Annotated[float, Field(gt=0, le=1)] = 1.0
    bagging_freq: Annotated[int, Field(ge=0)] = 0
    extra_trees: bool = False


class CatBoost(Section):
    """CatBoost (family CAT)."""

    iterations: Positive
    learning_rate: Annotated[float, Field(gt=0, le=1)]
    depth: Annotated[int, Field(ge=1, le=10)]
    l2_leaf_reg: Annotated[float, Field(ge=0)]
    border_count: Annotated[int, Field(ge=1)] = 254
    rsm: Annotated[float, Field(gt=0, le=1)] = 1.0
    min_data_in_leaf: Positive = 1


class Trees(Section):
    """Extremely randomised trees (XT) and random forests (RF)."""

    n_estimators: Positive
    min_samples_leaf: Positive
    max_leaf_nodes: Annotated[int, Field(ge=2)] = 15000
    max_features: Annotated[float, Field(gt=0, le=1)] = 1.0


class Estimators(Section):
    """The families an effort uses, each with its hyperparameters; a family left out is not used."""

    GBM: LightGBM | None = None
    CAT: CatBoost | None = None
    XT: Trees | None = None
    RF: Trees | None = None


class Learners(Section):
    """Level 0: eight specialists and `main`."""

    seed: int
    holdout_frac: Annotated[float, Field(gt=0, lt=0.5)]
    min_holdout_sessions: Positive
    min_fit_sessions: Positive
    median_weight: Fraction
    median_weight_sd: Fraction
    width_weight: Fraction
    portfolio: Literal["best_quality"] | None = None
    estimators: Estimators = Estimators()
    time_limit_decides: bool = False


class Stacking(Section):
    """Levels 1 and 2: the AutoGluon stacker over level 0's out-of-sample quantiles."""

    seed: int
    min_matured_horizons: Positive
    holdout_frac: Annotated[float, Field(gt=0, lt=0.5)]
    min_holdout_sessions: Positive
    min_fit_sessions: Positive
    median_weight: Fraction
    median_weight_sd: Fraction
    width_weight: Fraction
    time_limit_seconds: Annotated[float, Field(gt=0)]
    time_limit_decides: bool = False
    estimators: Estimators = Estimators()


class Volatility(Section):
    """The benchmarks (`ml.volatility`)."""

    excluded_roots: tuple[str, ...]
    refit_months: Annotated[int, Field(ge=1, le=12)]
    garch_refit_months: Annotated[int, Field(ge=1, le=12)]
    warm_up_sessions: Positive
    climatology_sessions: Positive
    climatology_min_sessions: Positive
    ewma_decay: Annotated[float, Field(gt=0, lt=1)]
    winsor_sd: Annotated[float, Field(gt=1)]
    winsor_scale: Annotated[float, Field(ge=1)]
    smooth_decays: tuple[Annotated[float, Field(gt=0, lt=1)], ...] = Field(min_length=1)
    long_run_weight: dict[str, Fraction]
    har_lags: tuple[Positive, ...] = Field(min_length=1)
    pooled_lags: tuple[Positive, ...] = Field(min_length=1)
    own_root_prior_windows: Positive
    range_floor_frac: Annotated[float, Field(gt=0, lt=1)]
    fhs_min_sessions: Positive
    pooled_min_sessions: Positive
    garch_min_sessions: Positive


class Chronos(Section):
    """The zero-shot baseline (`ml.chronos`)."""

    model_path: str
    context_sessions: Positive
    batch_size: Positive


class Ensemble(Section):
    """Level 2.5: greedy weights and how far they may leave the fallback."""

    n_steps: Positive
    fallback_model: str
    excluded_models: tuple[str, ...]
    min_candidate_frac: Annotated[float, Field(gt=0, le=1)]
    min_selection_sessions: Positive
    min_selection_windows: Annotated[float, Field(gt=0)]
    min_record_windows: Annotated[float, Field(ge=2)]
    first_step: Annotated[float, Field(gt=0, le=1)]
    greedy_caution: Annotated[float, Field(ge=0)]
    better_half_caution: Annotated[float, Field(ge=0)]
    learners_caution: Annotated[float, Field(ge=0)]
    second_step_caution: Annotated[float, Field(ge=0)]


class Calibration(Section):
    """The conformal step and the coverage alarm."""

    step_frac: Fraction
    window_sessions: Positive
    min_windows: Annotated[float, Field(gt=0)]
    min_record_windows: Annotated[float, Field(ge=2)]
    caution: Annotated[float, Field(ge=0)]
    alarm_sessions: Positive


class Simulation(Section):
    """Level 3: filtered historical simulation."""

    n_paths: Annotated[int, Field(ge=10_000)]
    ewma_decay: Annotated[float, Field(gt=0, lt=1)]
    variance_reversion: Annotated[float, Field(ge=0, lt=1)]
    burn_in_sessions: Positive
    min_residuals: Annotated[int, Field(ge=100)]


class Params(Section):
    """All knobs of one effort; a section's class says what it may hold, params.yml why it has its values."""

    walk_forward: WalkForward
    learners: Learners
    stacking: Stacking
    volatility: Volatility
    chronos: Chronos
    ensemble: Ensemble
    calibration: Calibration
    simulation: Simulation


class Bucket(Section):
    """What differs between the forecasters: inputs, allowed families, and how long a fit may take."""

    bucket: str
    features: tuple[str, ...] = Field(min_length=1)
    horizons: tuple[str, ...] = Field(min_length=1)
    estimators: tuple[Literal[FAMILIES], ...] = Field(min_length=1)
    time_limit_seconds: Annotated[float, Field(gt=0)]


@cache
def horizon_sessions(project: Path = PROJECT) -> dict[str, int]:
    """Horizon name -> sessions ahead, from `seeds/horizons.csv`, shortest first."""
    rows = _seed(project / "seeds" / "horizons.csv")
    rows.sort(key=lambda row: int(row["sort_order"]))
    return {row["horizon"]: int(row["horizon_sessions"]) for row in rows}


@cache
def bucket_names(project: Path = PROJECT) -> tuple[str, ...]:
    """The specialists' buckets, from `seeds/buckets.csv`, and `main`."""
    return (*(row["bucket"] for row in _seed(project / "seeds" / "buckets.csv")), "main")


@cache
def load_params(effort: str, project: Path = PROJECT) -> Params:
    """Knobs of one effort: `ml/params.yml` with what stands under `efforts: <effort>` laid over it.

    Raises
    ------
    ParamsError
        Unknown effort, unknown or missing key, or a value out of range; one line naming file, key, what was
        found and what is allowed.
    """
    path = project / "ml" / "params.yml"
    if effort not in EFFORTS:
        raise ParamsError(f"effort: found {effort!r}; allowed: {', '.join(EFFORTS)}.")
    knobs = dict(_yaml(path))
    overrides = knobs.pop("efforts", None) or {}
    unknown = sorted(set(overrides) - set(EFFORTS))
    if unknown:
        raise ParamsError(
            f"{_name(path)}: efforts: unknown key {unknown[0]!r}; allowed: {', '.join(EFFORTS)}."
        )
    return _validated(Params, _laid_over(knobs, overrides.get(effort) or {}), path)


@cache
def load_bucket(name: str, project: Path = PROJECT) -> Bucket:
    """One bucket file, checked against the seeds of buckets and horizons.

    Raises
    ------
    ParamsError
        Naming file, key, what was found and what is allowed, in one line.
    """
    path = project / "ml" / "buckets" / f"{name}.yml"
    names = bucket_names(project)
    if name not in names:
        raise ParamsError(f"{_name(path)}: unknown bucket {name!r}; allowed: {', '.join(names)}.")
    bucket = _validated(Bucket, _yaml(path), path)
    allowed = tuple(horizon_sessions(project))
    for horizon in bucket.horizons:
        if horizon not in allowed:
            raise ParamsError(f"{_name(path)}: horizons: found {horizon!r}; allowed: {', '.join(allowed)}.")
    if bucket.bucket != name:
        raise ParamsError(
            f"{_name(path)}: bucket: found {bucket.bucket!r}; allowed: {name} (the file's name)."
        )
    for key in ("features", "horizons", "estimators"):
        values = getattr(bucket, key)
        twice = sorted({value for value in values if values.count(value) > 1})
        if twice:
            raise ParamsError(f"{_name(path)}: {key}: {twice[0]!r} stands there twice.")
    for feature in bucket.features:
        if feature.startswith(ANSWERS):
            raise ParamsError(
                f"{_name(path)}: features: found {feature!r}; a column named {'*, '.join(ANSWERS)}* holds "
                "the answer and is never a feature."
            )
    return bucket


def validate_all(project: Path = PROJECT) -> None:
    """Read every effort and every bucket file; cheap, so that a build can begin with it.

    Raises
    ------
    ParamsError
        On the first thing wrong, in one line.
    """
    for effort in EFFORTS:
        load_params(effort, project)
    files = {path.stem for path in (project / "ml" / "buckets").glob("*.yml")}
    for name in sorted(files | set(bucket_names(project))):
        bucket = load_bucket(name, project)
        for effort in EFFORTS:
            learners = load_params(effort, project).learners
            defined = learners.estimators.model_dump(exclude_none=True)
            if not learners.portfolio and not set(defined) & set(bucket.estimators):
                raise ParamsError(
                    f"ml/buckets/{name}.yml: estimators: found {', '.join(bucket.estimators)}; allowed with "
                    f"effort {effort}: {', '.join(defined) or 'none: define some in ml/params.yml'}."
                )


def _laid_over(below: dict, above: dict) -> dict:
    """`above`'s values over `below`'s, key by key, sections within sections."""
    merged = dict(below)
    for key, value in above.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _laid_over(merged[key], value) if both else value
    return merged


def _validated(model: type[Section], values: Any, path: Path) -> Any:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        raise ParamsError(f"{_name(path)}: {_sentence(model, first)}") from None


def _sentence(model: type[Section], error: dict) -> str:
    where = [str(part) for part in error["loc"]]
    place = ".".join(where)
    if error["type"] == "extra_forbidden":
        allowed = _keys_at(model, where[:-1])
        return f"unknown key {place!r}; allowed{' there' if where[:-1] else ''}: {', '.join(allowed)}."
    if error["type"] == "missing":
        return f"{place}: missing."
    if error["type"] == "literal_error":
        allowed = error["ctx"]["expected"].replace("'", "").replace(" or ", ", ")
        return f"{place}: found {error['input']!r}; allowed: {allowed}."
    return f"{place}: found {error['input']!r}; {error['msg'].lower()}."


def _keys_at(model: type[BaseModel], where: list[str]) -> list[str]:
    """Keys the section at `where` knows; walks through optional sections."""
    for part in where:
        annotation = model.model_fields[part].annotation
        kinds = [annotation, *getattr(annotation, "__args__", ())]
        model = next(kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel))
    return list(model.model_fields)


def _yaml(path: Path) -> dict:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        values = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)  # safe: CSafeLoader
    except FileNotFoundError:
        raise ParamsError(f"{_name(path)}: no such file.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" line {mark.line + 1}:" if mark else ""
        raise ParamsError(f"{_name(path)}:{line} not YAML: {getattr(error, 'problem', error)}.") from None
    if not isinstance(values, dict):
        raise ParamsError(f"{_name(path)}: expected keys with values, found {type(values).__name__}.")
    return values


def _seed(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(newline="", encoding="utf-8") as lines:
            return list(csv.DictReader(lines))
    except FileNotFoundError:
        raise ParamsError(f"{_name(path)}: no such file.") from None


def _name(path: Path) -> str:
    """Path as a reader of the project knows it: `ml/params.yml`."""
    return "/".join(path.parts[-3:] if path.parent.name == "buckets" else path.parts[-2:])
