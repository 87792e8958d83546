"""Fits handed to a cluster, with a stand-in for Ray that runs every task here; real nodes: test_ray_nodes."""

import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

import ml.fit_workers
from ml import fits, ray_cluster
from ml.fit_pool import FitError
from ml.fits import Fit, FitStore, run_fits
from ml.ray_cluster import ClusterError

PROJECT = Path(__file__).parents[2]
HERE = sys.modules[__name__]


def double(x):
    return 2 * x


def fail(x):
    raise ValueError(f"no fit for {x}")


def crash():
    os.kill(os.getpid(), signal.SIGSEGV)


class StandInRay(ModuleType):
    """As much of Ray as is used; a task is computed when its answer is asked for."""

    def __init__(self):
        super().__init__("ray")
        self.__file__ = "/stand-in/ray/__init__.py"
        self.exceptions = ModuleType("ray.exceptions")
        self.one_at_a_time = threading.Lock()
        self.exceptions.RayError = type("RayError", (Exception,), {})
        self.n_cpus, self.begun, self.lost, self.settings, self.options = 1.0, 0, set(), {}, {}

    def init(self, **settings):
        self.settings = settings

    def cluster_resources(self):
        return {"CPU": self.n_cpus} if self.n_cpus else {}

    def remote(self, **options):
        self.options = options
        return lambda function: SimpleNamespace(remote=lambda *arguments: self._begin(function, arguments))

    def wait(self, references, timeout):
        return references, []

    def get(self, reference):
        number, function, arguments = reference
        if number in self.lost:
            raise self.exceptions.RayError("The node it ran on died.\nMore lines.")
        with self.one_at_a_time:  # as a process of a node does
            return function(*arguments)

    def _begin(self, function, arguments):
        self.begun += 1
        return self.begun, function, arguments


@pytest.fixture
def address():
    """An address where somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def ray(monkeypatch, address):
    """The stand-in, installed and addressed; fits run here again afterwards."""
    stand_in = StandInRay()
    monkeypatch.setitem(sys.modules, "ray", stand_in)
    monkeypatch.setitem(sys.modules, "ray.exceptions", stand_in.exceptions)
    monkeypatch.setenv("RAY_ADDRESS", address)
    yield stand_in
    fits.choose_workers("quick")


def doublings(n):
    return [Fit("test", f"double {k}", double, {"x": np.arange(k, dtype=float)}, (HERE,)) for k in range(n)]


def files(folder):
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("effort", "address"), [("full", ""), ("standard", "10.0.0.1:6379"), ("quick", "10.0.0.1:6379")]
)
def test_fits_run_here_and_nothing_of_ray_is_imported_unless_effort_is_full_with_an_address(effort, address):
    code = (
        "import sys; from ml.fits import choose_workers; print(choose_workers(sys.argv[1])); "
        "print(sorted({'ray', 'ml.ray_cluster'} & set(sys.modules)))"
    )
    environment = os.environ | {"RAY_ADDRESS": address, "PYTHONPATH": str(PROJECT)}
    done = subprocess.run(
        [sys.executable, "-c", code, effort], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["here", "[]"]


def test_effort_full_with_an_address_runs_on_that_cluster(ray, address):
    assert fits.choose_workers("full") == f"on the Ray cluster at {address}"
    assert ray.settings == {}  # not joined before something has to be fitted


def test_a_cluster_fills_the_same_cache_as_no_cluster(ray, tmp_path):
    fits.choose_workers("full")
    values = run_fits(doublings(5), "doubles", FitStore(tmp_path / "cluster"))
    assert ray.begun == 5 and ray.options["num_cpus"] == 1
    fits.choose_workers("quick")
    assert [list(value) for value in values] == [
        list(value) for value in run_fits(doublings(5), "doubles", FitStore(tmp_path / "here"))
    ]
    assert ray.begun == 5
    assert files(tmp_path / "cluster") == files(tmp_path / "here") != {}
    assert all(value.flags.writeable for value in values)


def test_what_is_cached_asks_no_cluster(ray, tmp_path):
    store = FitStore(tmp_path)
    run_fits(doublings(2), "doubles", store)
    fits.choose_workers("full")
    run_fits(doublings(2), "doubles", store)
    assert ray.settings == {} and ray.begun == 0


def test_nodes_compute_on_one_thread_with_our_code(ray, tmp_path):
    fits.choose_workers("full")
    task = Fit("test", "threads", os.getenv, {"key": "OMP_NUM_THREADS"}, (HERE,))
    assert run_fits([task], "threads", FitStore(tmp_path)) == ["1"]
    assert ray.settings["runtime_env"]["py_modules"] == [str(PROJECT / "ml")]


def test_a_path_into_the_project_becomes_one_into_the_nodes_copy(monkeypatch):
    arguments = {"folder": str(PROJECT / "ml" / "checkpoints"), "other": "/data/x", "x": 1.0}
    sent = ray_cluster._portable_paths(arguments)
    assert str(PROJECT) not in str(sent)
    monkeypatch.setattr(ray_cluster, "PROJECT", Path("/node/copy"))
    assert ray_cluster._local_paths(sent) == arguments | {"folder": "/node/copy/ml/checkpoints"}


def test_a_failure_on_a_node_names_the_fit_and_keeps_what_arrived(ray, tmp_path):
    fits.choose_workers("full")
    store = FitStore(tmp_path)
    tasks = [*doublings(1), Fit("test", "crush 1m", fail, {"x": 7}, (HERE,))]
    run_fits(tasks[:1], "doubles", store)
    with pytest.raises(FitError, match=r"^crush 1m: ValueError: no fit for 7$"):
        run_fits(tasks, "doubles", store)
    with pytest.raises(FitError, match=r"^main 6m: its process died \(SIGSEGV\)\.$"):
        run_fits([Fit("test", "main 6m", crash, {}, (HERE,))], "crash", store)
    assert set(files(tmp_path)) == {tasks[0].key}


def test_a_task_lost_too_often_names_the_fit(ray, tmp_path):
    fits.choose_workers("full")
    ray.lost = {1}
    lost = r"^double 0: its process died \(on the Ray cluster: The node it ran on died"
    with pytest.raises(FitError, match=lost) as caught:
        run_fits(doublings(1), "doubles", FitStore(tmp_path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["Python", "processor", "ml", "numpy", "catboost"])
def test_a_node_that_would_give_other_bytes_refuses_and_says_what_differs(ray, tmp_path, monkeypatch, name):
    true = ray_cluster.signature
    monkeypatch.setattr(ray_cluster, "signature", lambda packages: true(packages) | {name: "0.0.1"})
    fits.choose_workers("full")
    with pytest.raises(FitError, match=rf"other bytes: {name} .*, not 0\.0\.1\. Give it") as caught:
        run_fits(doublings(1), "doubles", FitStore(tmp_path))
    assert "\n" not in str(caught.value) and files(tmp_path) == {}


def refusal(tmp_path):
    with pytest.raises(ClusterError) as caught:
        fits.choose_workers("full")
        run_fits(doublings(1), "doubles", FitStore(tmp_path))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_without_ray_one_line_says_how_to_install_it(ray, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    assert "Ray is not installed here" in refusal(tmp_path) and "make env-ray" in refusal(tmp_path)


@pytest.mark.parametrize("address", ["auto", "local", "10.0.0.1", "10.0.0.1:x", "ray://:10001", ""], ids=repr)
def test_an_address_that_is_none_is_refused(address):
    with pytest.raises(ClusterError, match="expected host:port"):
        ray_cluster._refuse_silence(address)


def test_an_address_where_nobody_listens_is_refused_at_once(ray, tmp_path, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        silent = f"127.0.0.1:{server.getsockname()[1]}"
    for address in (silent, f"ray://{silent}", "127.0.0.1:99999"):
        monkeypatch.setenv("RAY_ADDRESS", address)
        assert f"RAY_ADDRESS={address}: nobody answers there" in refusal(tmp_path)
    assert ray.settings == {}


def test_what_ray_refuses_is_said_in_one_line(ray, tmp_path, address):
    def refuse(**_):
        raise RuntimeError("Version mismatch: The cluster was started with:\n  Ray: 2.0\n  Python: 3.8")

    ray.init = refuse
    assert refusal(tmp_path).startswith(f"RAY_ADDRESS={address}: Version mismatch: The cluster was")


def test_a_cluster_without_a_cpu_is_refused(ray, tmp_path):
    ray.n_cpus = 0
    assert "no node has a CPU to fit on" in refusal(tmp_path)


def test_a_node_replaces_a_child_that_grew_too_large(ray, tmp_path, monkeypatch):
    fits.choose_workers("full")
    monkeypatch.setattr(ray_cluster, "CHILD_MEMORY_MB", 0)
    run_fits(doublings(1), "doubles", FitStore(tmp_path))
    assert ray_cluster._child().process is None
    assert isinstance(ray_cluster._child(), ml.fit_workers.Worker)


def test_the_processor_is_told_by_maker_and_vector_instructions(monkeypatch):
    text = "processor : 0\nvendor_id : GenuineIntel\nflags : fpu avx2 avx sse4_1 mmx fma\n\nprocessor : 1\n"
    monkeypatch.setattr(Path, "read_text", lambda self: text)
    monkeypatch.setattr(ray_cluster.platform, "machine", lambda: "x86_64")
    assert ray_cluster._processor() == "x86_64 GenuineIntel avx avx2 fma sse4_1"
