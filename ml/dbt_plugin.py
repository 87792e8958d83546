"""What dbt-duckdb is given of ours: refusals before a build, and a few functions SQL can call.

Loaded through `plugins:` in profiles.yml. Nothing heavy is imported here: every dbt command loads it.
"""

import gc
import hashlib
import json
import os
import re
import secrets
import shutil
import time
from pathlib import Path

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt.clients.yaml_helper import load_yaml_text
from dbt_common.exceptions import DbtRuntimeError

from ingest.news_score import SCORER_VERSION, tone
from ml.fit_workers import peak_memory_mb
from ml.fits import choose_workers, default_store, fit_counts, worker_count
from ml.landing import odd_file, synthetic_landing, unreadable_file
from ml.params import ParamsError, validate_all

PROJECT = Path(__file__).resolve().parent.parent
# What decides a build's numbers beside its data: logic, facts, knobs and the versions of the libraries.
CODE_FOLDERS = ("models", "macros", "seeds", "ml")
CODE_SUFFIXES = (".sql", ".py", ".yml", ".csv", ".json", ".safetensors")
# What DuckDB or a build calls something else: `ops.x` would be a table of the schema or of the database.
SCHEMAS = ("raw", "staging", "features", "training", "forecasts", "reference", "ops", "explanations")
TAKEN_NAMES = ("main", "system", "temp", "published", *SCHEMAS)


class OneLineError(DbtRuntimeError):
    """An error a user can act on: its message is one line."""


def code_fingerprint() -> str:
    """Sha256 (hex) over every file that decides a build's numbers, and over the pinned library versions."""
    digest = hashlib.sha256()
    files = [
        f
        for folder in CODE_FOLDERS
        for f in sorted((PROJECT / folder).rglob("*"))
        if f.suffix in CODE_SUFFIXES
    ]
    for file in [*files, PROJECT / "dbt_project.yml", PROJECT / "requirements.lock"]:
        if file.is_file():
            digest.update(f"{file.relative_to(PROJECT)}\0".encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def installed() -> str:
    """Python, the kind of processor and the installed version of every locked library, as JSON.

    A lock that has changed says nothing of what is installed yet: tables made in between are of the old
    libraries.
    """
    from ml.ray_cluster import locked_packages, signature

    return json.dumps(signature(locked_packages()))


def swap_snapshot(link: str, folder: str) -> str:
    """Point the symlink `link` at `folder` in one rename and drop the snapshots it replaces.

    Where a copied database brought a real folder in the link's place, that is a snapshot to be replaced too.

    Parameters
    ----------
    link : path of the symlink readers open, `<ZL_DB>.snapshot`.
    folder : a finished folder of Parquet files beside it.
    """
    target, link_path = Path(folder).resolve(), Path(link).absolute()
    fresh = link_path.with_name(f"{link_path.name}.{os.getpid()}.new")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(os.path.relpath(target, link_path.parent))
    if link_path.is_dir() and not link_path.is_symlink():
        link_path.rename(target.with_name(f"{target.name}.replaced"))
    os.replace(fresh, link_path)
    for other in target.parent.iterdir():
        if other != target:
            shutil.rmtree(other, ignore_errors=True)
    return str(target)


def prepare_folder(parent: str, run_id: str) -> str:
    """Make a new empty folder `<parent>/<run_id>-...` for a snapshot to be written into; returns its path.

    Whoever may read the served file may read it too: a temporary folder would be its maker's alone.
    """
    folder = Path(parent) / f"{run_id}-{secrets.token_hex(4)}"
    folder.mkdir(parents=True)
    return str(folder)


def build_summary(started: float, n_tables_reused: str) -> str:
    """One line: fits made and reused, tables left standing, seconds since `started` (time.monotonic), peak
    memory in GiB."""
    counts = fit_counts()
    # Parent and children peak at different moments: their sum is never less than what was held at once.
    peak_gib = (peak_memory_mb() + worker_count() * counts.peak_child_mb) / 1024
    seconds = time.monotonic() - started
    return (
        f"{counts.made} fits made, {counts.reused} reused, {n_tables_reused} tables reused, "
        f"{seconds:.0f} s, peak memory {peak_gib:.1f} GiB"
    )


def set_parse_aside() -> None:
    """Keep the collector away from what dbt has parsed: it lives as long as the process.

    dbt makes 600 objects for every statement it renders. At Python's thresholds each few statements are
    followed by a search through all that lives, the whole project among it: a tenth of a build.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20)


def unit_test_names() -> str:
    """Names of all dbt unit tests of the project, by comma."""
    files = sorted((PROJECT / "models").rglob("*_unit_tests.yml"))
    return ",".join(test["name"] for file in files for test in load_yaml_text(file.read_text())["unit_tests"])


def workers_or_refusal(effort: str) -> str:
    """Where this effort's fits run, in words, or "refused: " and the line that says why they cannot."""
    try:
        return choose_workers(effort)
    except RuntimeError as trouble:
        return f"refused: {trouble}"


def refuse_busy_file(path: str) -> None:
    """Raise OneLineError when another process holds the DuckDB file `path`, or it cannot be opened."""
    try:
        duckdb.connect(path).close()
    except duckdb.IOException as trouble:
        holder = re.search(r"\(PID (\d+)\)", str(trouble))
        if re.search("could not set lock|conflicting lock", str(trouble), re.IGNORECASE):
            pid = f"PID {holder.group(1)}" if holder else "its PID is unknown"
            raise OneLineError(
                f"{path} is in use by another process ({pid}): a build is running, or someone reads it. "
                "Wait, or set ZL_DB to build elsewhere."
            ) from None
        remedy = (
            " It is scratch: delete it and build again."
            if path.endswith(".build") and os.path.exists(path)
            else ""
        )
        raise OneLineError(f"{path} cannot be opened: {str(trouble).splitlines()[0]}.{remedy}") from None


def refuse_odd_name(path: str, alias: str | None) -> None:
    """Raise OneLineError when `path` is no file's or holds a quote, when DuckDB or a build has the name for
    something else, or when an attached database's `alias` is no plain name."""
    if path in ("", ".build") or path.startswith(":memory:"):
        raise OneLineError("ZL_DB names no file, and nothing built would stay: set it to one, or unset it.")
    if path.startswith("~"):
        raise OneLineError(f"{path}: no shell has replaced the ~ here: set ZL_DB to the whole path.")
    if re.search("['\"]", path):
        raise OneLineError(
            f"{path} holds a quote, which no database may have here: set ZL_DB to another name."
        )
    name = Path(path).name.split(".")[0]
    taken = alias if alias and alias.lower() in SCHEMAS else name
    if taken.lower() in TAKEN_NAMES:
        raise OneLineError(
            f"{path}: a build has a database or schema named {taken} already: set ZL_DB (or ZL_MOTHERDUCK) "
            "to another name."
        )
    if alias and not re.fullmatch(r"[A-Za-z_]\w*", alias):
        raise OneLineError(
            f"{path}: '{alias}' is no name SQL can use unquoted. Set ZL_MOTHERDUCK to a database named with "
            "letters, digits and _ only."
        )


def refuse_unreachable(path: str) -> None:
    """Raise OneLineError when a MotherDuck database is asked for without a token in the environment, or where
    DuckDB cannot get its extension for it."""
    if not ({"MOTHERDUCK_TOKEN", "motherduck_token"} & set(os.environ)):
        raise OneLineError(
            f"{path} needs a token: set MOTHERDUCK_TOKEN (MotherDuck, Settings, Access tokens), or build "
            "without --target motherduck into a local file."
        )
    try:
        with duckdb.connect() as connection:
            connection.execute("install motherduck")
    except duckdb.Error as trouble:
        raise OneLineError(f"{path} cannot be reached: {str(trouble).splitlines()[0]}") from None


def refuse_unusable_cache() -> None:
    """Raise OneLineError when fits cannot be stored where ZL_CACHE, or its default, says."""
    folder = default_store().path
    if folder.exists() and not (folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)):
        raise OneLineError(f"ZL_CACHE, {folder}, is no folder one can write to: fits are stored there.")


class Plugin(BasePlugin):
    """Validates the learning knobs, refuses a second build at once, registers the project's SQL functions."""

    def initialize(self, plugin_config):
        """Validate ml/params.yml and ml/buckets before anything is built."""
        self.started = time.monotonic()
        refuse_unusable_cache()
        try:
            validate_all()
        except ParamsError as trouble:
            raise OneLineError(str(trouble)) from None

    def update_connection_config(self, creds, config):
        """Open and close each file dbt is about to hold, so that a busy one is refused in one line."""
        attached = [(attachment.path, attachment.alias) for attachment in creds.attach or []]
        for path, alias in [*attached, (creds.path, None)]:
            refuse_odd_name(path, alias)
            if path.startswith("md:"):
                refuse_unreachable(path)
            else:
                refuse_busy_file(path)

    def configure_connection(self, conn):
        """Register the functions the macros call, all named zl_..."""
        set_parse_aside()
        functions = {
            "zl_code_fingerprint": (code_fingerprint, 0, False),
            "zl_installed": (installed, 0, False),
            "zl_learning_params": (lambda: (PROJECT / "ml" / "params.yml").read_text(), 0, False),
            "zl_absolute_path": (lambda path: os.path.realpath(path), 1, False),
            "zl_prepare_folder": (prepare_folder, 2, True),
            "zl_swap_snapshot": (swap_snapshot, 2, True),
            "zl_odd_file": (odd_file, 1, True),
            "zl_unreadable_file": (unreadable_file, 1, True),
            "zl_scorer_version": (lambda: SCORER_VERSION, 0, False),
            "zl_title_tone": (lambda title: str(tone(title)), 1, False),
            "zl_synthetic_landing": (synthetic_landing, 1, True),
            "zl_unit_tests": (unit_test_names, 0, False),
            "zl_choose_workers": (workers_or_refusal, 1, True),
            "zl_build_summary": (lambda n: build_summary(self.started, n), 1, True),
        }
        # dbt may open the same database twice in one process; functions belong to the database.
        registered = {
            name for (name,) in conn.execute("select function_name from duckdb_functions()").fetchall()
        }
        for name, (function, n_arguments, side_effects) in functions.items():
            if name not in registered:
                conn.create_function(
                    name, function, ["VARCHAR"] * n_arguments, "VARCHAR", side_effects=side_effects
                )
