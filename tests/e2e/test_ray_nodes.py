"""Fits on a real Ray cluster of two local nodes: the bytes of a run without it, whatever dies on the way."""

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from builds import PROJECT, copy_project, dbt, rows, scratch
from ray_nodes import LOOPBACK, TwoNodes

from ml import chronos, fits, garch, quantile_estimator, ray_cluster
from ml.fit_pool import FitError
from ml.fits import Fit, FitStore, RowFit, run_fits
from ml.params import QUANTILE_LEVELS, load_params
from ml.specialists import PACKAGES

pytestmark = [pytest.mark.proof, pytest.mark.ray]


@pytest.fixture(scope="module")
def nodes():
    with TwoNodes() as nodes:
        yield nodes


@pytest.fixture
def on(monkeypatch):
    """Lets this process's fits run on the nodes given, and here again after the test."""
    for name, value in LOOPBACK.items():
        monkeypatch.setenv(name, value)

    def choose(address: str) -> None:
        monkeypatch.setenv("RAY_ADDRESS", address)
        assert fits.choose_workers("full").endswith(address)

    yield choose
    fits.choose_workers("quick")
    import ray

    ray.shutdown()
    ray_cluster.cluster.cache_clear()


def light_fits(n: int) -> list[RowFit]:
    """Real fits of effort quick on simulated rows, 50 rows forecast by each."""
    params = load_params("quick").learners
    tasks = []
    for seed in range(n):
        rng = np.random.default_rng(seed)
        inputs = rng.normal(size=(900, 12))
        arguments = {
            "rows": inputs,
            "target": rng.normal(size=900) + 0.2 * inputs[:, 0],
            "n_fit": 700,
            "first_holdout": 720,
            "quantile_levels": QUANTILE_LEVELS,
            "hyperparameters": params.estimators.model_dump(exclude_none=True),
            "portfolio": None,
            "families": (),
            "seed": params.seed,
            "time_limit_decides": False,
        }
        tasks.append(
            RowFit(
                "quantiles",
                f"light {seed}",
                quantile_estimator.fit_quantiles,
                arguments,
                (quantile_estimator, "ml.fixed_rounds"),
                PACKAGES,
                {"time_limit_seconds": 60},
                quantile_estimator.predict_quantiles,
                inputs[:50],
            )
        )
    return tasks


def other_fits() -> list[Fit]:
    """A batch of Chronos-Bolt, whose checkpoint is a folder of the project, and a GARCH fit."""
    rng = np.random.default_rng(7)
    knobs = load_params("quick").chronos
    checkpoint = chronos.find_checkpoint(knobs.model_path)
    past = np.log(50) + 0.01 * rng.normal(size=(knobs.batch_size, knobs.context_sessions)).cumsum(axis=1)
    return [
        Fit(
            "chronos",
            "chronos",
            chronos.log_price_quantiles,
            {"past": past, "steps": np.array([5, 21]), "content": checkpoint.content},
            (chronos,),
            chronos.PACKAGES,
            {"folder": str(checkpoint.folder)},
        ),
        Fit("gjr", "gjr", garch.fit_gjr, {"returns": (0.01 * rng.standard_t(5, 800),)}, (garch,), ("arch",)),
    ]


def shell(command: str, n: int) -> list[Fit]:
    """`n` different fits that run a command on a node; its words are the values."""
    call = subprocess.check_output
    arguments = [{"args": ["sh", "-c", f"{command}  # {k}"]} for k in range(n)]
    return [Fit("sh", f"sh {k}", call, words, ("shlex",)) for k, words in enumerate(arguments)]


def stored(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("way", ["address", "client_address"])
def test_two_nodes_give_the_keys_and_bytes_of_none(nodes, on, tmp_path, way):
    tasks = [*light_fits(12), *other_fits()]
    here = run_fits(tasks, "here", FitStore(tmp_path / "here"))
    on(getattr(nodes, way))
    there = run_fits(tasks, "there", FitStore(tmp_path / "there"))
    assert (
        len(set(run_fits(shell("sleep 2; echo $RAY_RAYLET_PID", 4), "nodes", FitStore(tmp_path / "pid"))))
        == 2
    )
    assert [fits.fingerprint(value) for value in there] == [fits.fingerprint(value) for value in here]
    before, after = stored(tmp_path / "here"), stored(tmp_path / "there")
    assert before.keys() == after.keys() and len(before) == 2 * 12 + 2
    # A packed model carries the time it was packed at, here as there: its forecasts are what is compared.
    models = {task.key for task in tasks[:12]}
    assert [key for key in before if key not in models and before[key] != after[key]] == []


def test_a_node_that_dies_in_the_middle_costs_no_fit(on, tmp_path):
    tasks = light_fits(12)
    here = run_fits(tasks, "here", FitStore(tmp_path / "here"))
    there = FitStore(tmp_path / "there")
    with TwoNodes() as nodes:
        on(nodes.address)
        # The second node is in the middle of a slow fit when it goes.
        slow = threading.Thread(target=run_fits, args=(shell("sleep 6", 2), "slow", there))
        slow.start()
        time.sleep(4)
        nodes.kill_second()
        values = run_fits(tasks, "there", there)
        slow.join()
        assert [fits.fingerprint(value) for value in values] == [fits.fingerprint(value) for value in here]
        assert len(stored(tmp_path / "there")) == 2 * 12 + 2


def test_a_fit_that_takes_its_node_process_along_ends_with_its_name(nodes, on, tmp_path):
    on(nodes.address)
    task, *others = shell("kill -9 $(ps -o ppid= $PPID)", 1) + shell("echo alive", 1)
    began = time.monotonic()
    with pytest.raises(FitError, match=r"^sh 0: its process died \(on the Ray cluster: "):
        run_fits([task], "killer", FitStore(tmp_path))
    assert time.monotonic() - began < 120
    assert run_fits(others, "others", FitStore(tmp_path)) == [b"alive\n"]


DRIVER = """
    import signal, sys, threading, time
    sys.path.insert(0, {project!r})
    import subprocess
    from ml import fits
    fits.choose_workers("full")
    call = {{"args": ["sh", "-c", "echo $$ > {pid}; sleep 600"]}}
    task = fits.Fit("sh", "sleeper", subprocess.check_output, call, ("shlex",))
    def body():
        try:
            fits.run_fits([task], "sleep", fits.FitStore({cache!r}))
        except Exception as error:
            print(error)
    thread = threading.Thread(target=body)
    thread.start()
    signal.signal(signal.SIGINT, lambda *_: None)
    while thread.is_alive():
        time.sleep(0.05)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_or_killed_build_leaves_no_fit_running_on_a_node(nodes, tmp_path, number):
    pid = tmp_path / "pid"
    code = textwrap.dedent(DRIVER).format(project=str(PROJECT), pid=pid, cache=str(tmp_path / "cache"))
    environment = os.environ | LOOPBACK | {"RAY_ADDRESS": nodes.address}
    driver = subprocess.Popen(
        [sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, start_new_session=True
    )
    deadline = time.monotonic() + 90
    while not (pid.exists() and pid.read_text()) and time.monotonic() < deadline:
        time.sleep(0.1)
    parent = Path(f"/proc/{pid.read_text().strip()}/stat").read_text().split(")")[1].split()[1]
    os.killpg(driver.pid, number)
    said, _ = driver.communicate(timeout=60)
    assert said.decode() == ("sleeper: interrupted.\n" if number == signal.SIGINT else "")
    deadline = time.monotonic() + 60
    while Path(f"/proc/{parent}").exists() and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not Path(f"/proc/{parent}").exists()
    with contextlib.suppress(ProcessLookupError):  # the shell itself is no process of ours
        os.kill(int(pid.read_text()), signal.SIGKILL)


def one_small_bucket(folder: Path) -> Path:
    """The project with effort full cut to fx at one week and, to be repeatable, to the light families."""
    project = copy_project(folder)
    bucket, params = project / "ml" / "buckets" / "fx.yml", project / "ml" / "params.yml"
    bucket.write_text(bucket.read_text().replace("[1w, 1m, 3m, 6m]", "[1w]"))
    text = params.read_text()
    full = text.index("  full:")
    decided = "      portfolio: best_quality\n      time_limit_decides: true\n"
    assert text.count(decided) == 1 and text.index(decided) > full
    params.write_text(text.replace(decided, "      estimators: *light\n"))
    return project


def test_the_real_command_gives_the_same_rows_and_says_where_it_fits(nodes, tmp_path, monkeypatch):
    project = one_small_bucket(tmp_path / "project")
    variables = {"effort": "full", "landing": str(PROJECT / "landing" / "sample")}
    tables = ("training.specialist_fx", "training.benchmark_forecasts")
    found = []
    for place, address in (("here", ""), ("there", nodes.address)):
        for name, value in (LOOPBACK | {"RAY_ADDRESS": address, "ZL_CACHE": str(tmp_path / place)}).items():
            monkeypatch.setenv(name, value)
        db = tmp_path / f"{place}.duckdb"
        done = dbt("build", "--select", "+specialist_fx", db=db, project=project, variables=variables)
        assert done.code == 0, done.output
        assert done.says(f"Fits run on the Ray cluster at {address}") == bool(address)
        order = "select * from {} order by all"
        found.append({table: rows(scratch(db), order.format(table)) for table in tables})
    assert found[0] == found[1] and all(found[0].values())
    assert {path.name for path in (tmp_path / "here").rglob("*")} == {
        path.name for path in (tmp_path / "there").rglob("*")
    }
