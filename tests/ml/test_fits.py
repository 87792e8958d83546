"""The store of fits, their keys, and the children that make them."""

import os
import pickle
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import ml.fit_workers
from ml import fits
from ml.fit_pool import FitError, WorkerPool
from ml.fit_workers import Worker, WorkerDied
from ml.fits import Fit, FitStore, RowFit, fingerprint, fit_counts, run_fits

HERE = sys.modules[__name__]


def double(x, log):
    with open(log, "a") as lines:
        lines.write("fitted\n")
    return 2 * x


def fail(x):
    raise ValueError(f"no fit for {x}")


def crash():
    os.kill(os.getpid(), signal.SIGSEGV)


def sleep(seconds, log):
    Path(log).write_text(str(os.getpid()))
    time.sleep(seconds)


def fit_mean(y, log):
    with open(log, "a") as lines:
        lines.write("fitted\n")
    return pickle.dumps(float(y.mean()))


def predict_mean(model, rows):
    return rows.sum(axis=1, keepdims=True) + pickle.loads(model)


@pytest.fixture
def store(tmp_path):
    return FitStore(tmp_path / "cache")


@pytest.fixture
def log(tmp_path):
    return str(tmp_path / "log")


def times_fitted(log):
    return len(Path(log).read_text().splitlines()) if Path(log).exists() else 0


def doubling(x, log, name="double 1w"):
    return Fit("test", name, double, {"x": np.asarray(x, dtype=float), "log": log}, (HERE,))


def test_fingerprints_differ_when_anything_differs():
    x = np.arange(6.0)
    parts = [x, x.reshape(2, 3), x.astype(np.float32), x + 1e-16, x[:5], x.astype("datetime64[D]"), x == 1]
    parts += ["x", b"x", 1, 1.0, True, None, [1, 2], [[1], 2], {"a": 1}, {"a": 2}, {"b": 1}]
    assert len({fingerprint(part) for part in parts}) == len(parts)


def test_fingerprint_ignores_key_order_memory_layout_kind_of_nan_and_sign_of_zero():
    x = np.arange(6.0).reshape(2, 3)
    other_nan = np.array([0xFFF8000000000001], dtype=np.uint64).view(np.float64)
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    assert fingerprint(np.asfortranarray(x)) == fingerprint(x)
    assert fingerprint(other_nan) == fingerprint(np.array([np.nan]))
    for kind in (np.float64, np.float32):
        assert fingerprint(np.array([-0.0, 1], dtype=kind)) == fingerprint(np.array([0.0, 1], dtype=kind))


def test_fingerprint_refuses_what_has_no_stable_bytes():
    with pytest.raises(TypeError, match="no stable bytes"):
        fingerprint(np.array(["a", None], dtype=object))
    with pytest.raises(TypeError, match="no stable bytes"):
        fingerprint(object())


def test_a_stored_value_comes_back_and_a_damaged_one_does_not(store, capsys):
    key = fingerprint("k")
    assert store.get(key) is None
    store.put(key, b"value")
    assert store.get(key) == b"value"
    file = next(path for path in store.path.rglob("*") if path.is_file())
    content = bytearray(file.read_bytes())
    for damaged in (content[:-1], content[:10], b"", content[:-1] + bytes([content[-1] ^ 1])):
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(bytes(damaged))
        assert store.get(key) is None
        assert not file.exists()
    assert "damaged" in capsys.readouterr().err


def test_a_failed_write_leaves_no_part(store, monkeypatch):
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        store.put(fingerprint("k"), b"value")
    assert not [path for path in store.path.rglob("*") if path.is_file()]


def test_fits_come_back_in_order_and_are_made_once(store, log):
    before = fit_counts()
    tasks = [doubling([k], log) for k in range(5)]
    assert [value.item() for value in run_fits(tasks, "doubles", store)] == [0, 2, 4, 6, 8]
    assert [value.item() for value in run_fits(tasks, "doubles", store)] == [0, 2, 4, 6, 8]
    after = fit_counts()
    assert times_fitted(log) == 5
    assert (after.made - before.made, after.reused - before.reused) == (5, 5)
    assert after.peak_child_mb > 5


def test_a_key_follows_data_parameters_and_code_but_not_the_name(log, monkeypatch):
    keys = [doubling([1], log).key, doubling([2], log).key, doubling([1], log + "x").key]
    assert len(set(keys)) == 3
    assert doubling([1], log, name="another name").key == keys[0]
    with monkeypatch.context() as patch:
        patch.setattr(fits, "_version", lambda package: "another")
        assert doubling([1], log).key != keys[0]
    monkeypatch.setattr(fits, "_source_hash", lambda file: "changed")
    assert doubling([1], log).key != keys[0]


def edit(file):
    Path(file).write_text("ANSWER = 2\n")


def test_a_fit_whose_code_changed_while_it_ran_is_not_stored(store, tmp_path, monkeypatch):
    file = tmp_path / "code_of_the_day.py"
    file.write_text("ANSWER = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    task = Fit("test", "edited", edit, {"file": str(file)}, ("code_of_the_day",))
    with pytest.raises(FitError, match=r"code_of_the_day\.py was changed during the build"):
        run_fits([task], "edits", store)
    assert store.get(task.key) is None


def test_whoever_may_read_the_folder_may_read_its_fits(store):
    before = os.umask(0o022)
    try:
        store.put(fingerprint("k"), b"value")
    finally:
        os.umask(before)
    (file,) = (path for path in store.path.rglob("*") if path.is_file())
    assert file.stat().st_mode & 0o777 == 0o644


def test_a_damaged_fit_is_made_anew(store, log):
    task = doubling([3], log)
    run_fits([task], "doubles", store)
    file = next(path for path in store.path.rglob("*") if path.is_file())
    file.write_bytes(file.read_bytes()[:-3])
    assert run_fits([task], "doubles", store)[0].item() == 6
    assert times_fitted(log) == 2


def row_fit(y, rows, log):
    arguments = {"y": np.asarray(y, dtype=float), "log": log}
    rows = np.asarray(rows, dtype=float)
    return RowFit("test", "mean", fit_mean, arguments, (HERE,), predict=predict_mean, rows=rows)


def test_new_rows_reuse_the_fit_and_known_rows_need_not_even_the_model(store, log):
    first = run_fits([row_fit([1, 3], [[1, 1], [2, 2]], log)], "mean", store)[0]
    assert first.tolist() == [[4.0], [6.0]]
    more = run_fits([row_fit([1, 3], [[2, 2], [5, 5], [1, 1]], log)], "mean", store)[0]
    assert more.tolist() == [[6.0], [12.0], [4.0]]
    task = row_fit([1, 3], [[5, 5]], log)
    store._file(task.key).unlink()
    assert run_fits([task], "mean", store)[0].tolist() == [[12.0]]
    assert times_fitted(log) == 1


def test_a_failure_names_the_fit_and_keeps_the_fits_already_made(store, log):
    tasks = [doubling([1], log), Fit("test", "crush 1m 2014-01-01", fail, {"x": 7}, (HERE,))]
    run_fits(tasks[:1], "doubles", store)
    with pytest.raises(FitError, match=r"^crush 1m 2014-01-01: ValueError: no fit for 7") as caught:
        run_fits(tasks, "doubles", store)
    assert "in fail" in caught.value.__cause__.__notes__[0]
    run_fits(tasks[:1], "doubles", store)
    assert times_fitted(log) == 1


def test_a_crash_in_native_code_names_the_fit_and_the_next_fit_gets_a_new_child(store, log):
    with pytest.raises(FitError, match=r"^main 6m: its process died \(SIGSEGV"):
        run_fits([Fit("test", "main 6m", crash, {}, (HERE,))], "crash", store)
    assert run_fits([doubling([8], log)], "doubles", store)[0].item() == 16


@pytest.mark.parametrize(("limit_mb", "n_children"), [(0, 3), (100_000, 1)])
def test_a_child_that_grew_too_large_is_replaced_after_its_task(limit_mb, n_children, monkeypatch):
    monkeypatch.setattr("ml.fit_pool.CHILD_MEMORY_MB", limit_mb)
    pool = WorkerPool(Worker, count=lambda: 1, on_peak=lambda _: None)
    job = SimpleNamespace(name="its number", run=lambda worker: worker.call(os.getpid, {}))
    try:
        numbers = [pool.submit(job).result(timeout=60) for _ in range(3)]
    finally:
        pool.stop()
    assert len(set(numbers)) == n_children


def test_children_use_one_thread_each(store):
    environment = run_fits([Fit("test", "env", os.getenv, {"key": "OMP_NUM_THREADS"}, (HERE,))], "env", store)
    assert environment == ["1"]


def test_a_child_that_is_interrupted_says_so(log):
    worker = Worker()
    pid_file = Path(log)

    def interrupt():
        while not (pid_file.exists() and pid_file.read_text()):
            time.sleep(0.02)
        os.kill(int(pid_file.read_text()), signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with pytest.raises(WorkerDied) as death:
        worker.call(sleep, {"seconds": 60, "log": log})
    assert death.value.signal == signal.SIGINT


@pytest.mark.parametrize("n_numbers", [10, 1_000_000])
def test_a_child_that_died_between_two_tasks_says_so(n_numbers):
    worker = Worker()
    child = worker.call(os.getpid, {})
    os.kill(child, signal.SIGKILL)
    worker.process.wait()
    with pytest.raises(WorkerDied) as death:
        worker.call(len, {"obj": list(range(n_numbers))})
    assert death.value.signal == signal.SIGKILL
    assert worker.call(os.getpid, {}) != child
    worker.stop()


PARENT = """
    import sys
    sys.path[:0] = {path!r}
    import test_fits
    from ml.fits import Fit, FitStore, run_fits
    task = Fit("test", "sleeper", test_fits.sleep, {{"seconds": 600, "log": {log!r}}}, (test_fits,))
    run_fits([task], "sleep", FitStore({cache!r}))
"""
NO_KERNEL = """
    import ml.fit_workers as workers
    deaf = "import ml.fit_workers as workers; workers._die_with_parent = lambda: None; workers.serve()"
    workers._START = "import sys; sys.path[:] = sys.argv[1:]; " + deaf
"""


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


IN_A_THREAD = """
    import threading
    def body():
        try:
            run_fits([task], "sleep", FitStore({cache!r}))
        except Exception as error:
            print(error)
    thread = threading.Thread(target=body)
    thread.start()
    import signal, time
    signal.signal(signal.SIGINT, lambda *_: None)
    while thread.is_alive():
        time.sleep(0.05)
"""


def test_ctrl_c_ends_fits_that_run_in_another_thread(tmp_path, log):
    """dbt waits for its running models after Ctrl-C: they must not fit on."""
    path = [str(Path(__file__).parent), str(Path(ml.fit_workers.__file__).parent.parent)]
    cache = str(tmp_path / "cache")
    start = PARENT.format(path=path, log=log, cache=cache).split("    run_fits(")[0]
    code = textwrap.dedent(start) + textwrap.dedent(IN_A_THREAD.format(cache=cache))
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=True)
    deadline = time.monotonic() + 60
    while not (Path(log).exists() and Path(log).read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(parent.pid, signal.SIGINT)
    said, _ = parent.communicate(timeout=30)
    assert said.decode() == "sleeper: interrupted.\n"


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("prctl", [True, False], ids=["kernel", "pipe"])
def test_children_die_with_a_killed_parent_and_it_needs_no_main_guard(tmp_path, log, prctl):
    here = str(Path(__file__).parent)
    project = str(Path(ml.fit_workers.__file__).parent.parent)
    code = textwrap.dedent(PARENT.format(path=[here, project], log=log, cache=str(tmp_path / "cache")))
    if not prctl:
        code = f"import sys; sys.path.insert(0, {project!r})\n" + textwrap.dedent(NO_KERNEL) + code
    parent = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE)
    deadline = time.monotonic() + 30
    while not (Path(log).exists() and Path(log).read_text()):
        assert parent.poll() is None, parent.stderr.read().decode()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    child = int(Path(log).read_text())
    assert alive(child)
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 10
    while alive(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(child)


def test_the_progress_line_says_what_is_left():
    assert (
        fits._progress_line("main_predictor", 12, 36, 60.0)
        == "main_predictor: 12 of 36 fits, about 2 min left"
    )
    assert fits._progress_line("main_predictor", 0, 36, 10.0) == "main_predictor: 0 of 36 fits"
