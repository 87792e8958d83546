"""Two nodes of a Ray cluster on this machine, one CPU each, reachable from nowhere else.

They live in a process of their own (this file, run), which ends them when its input closes: with the test,
however that ends.
"""

import os
import signal
import subprocess
import sys

LOOPBACK = {
    # Ray's name for "this machine only"; otherwise it replaces 127.0.0.1 by the address others reach.
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
}
LONGEST_SECONDS = 1200


class TwoNodes:
    """A running cluster; a context manager that always ends it.

    `address` is the head's, `client_address` where Ray Client is served.
    """

    def __enter__(self):
        self.process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | LOOPBACK,
            text=True,
            start_new_session=True,
        )
        self.address = self._answer()
        self.client_address = f"ray://{self._answer()}"
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(timeout=60)
        finally:
            if self.process.poll() is None:
                os.killpg(self.process.pid, signal.SIGKILL)

    def kill_second(self) -> None:
        """End the node that is not the head, as a power cut does."""
        self.process.stdin.write("kill\n")
        self.process.stdin.flush()
        self._answer()

    def _answer(self) -> str:
        for line in self.process.stdout:
            if line.startswith("nodes: "):
                return line.removeprefix("nodes: ").strip()
        raise RuntimeError("the local Ray cluster did not start")


def hold() -> None:
    """Start the nodes, say their addresses, obey, end them."""
    import socket

    from ray.cluster_utils import Cluster

    signal.alarm(LONGEST_SECONDS)
    with socket.create_server(("127.0.0.1", 0)) as server:
        client_port = server.getsockname()[1]
    head = {"num_cpus": 1, "node_ip_address": "127.0.0.1", "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=head | {"ray_client_server_port": client_port})
    second = cluster.add_node(num_cpus=1, node_ip_address="127.0.0.1")
    print(f"nodes: {cluster.address}\nnodes: 127.0.0.1:{client_port}", flush=True)
    try:
        for _ in sys.stdin:
            cluster.remove_node(second, allow_graceful=False)
            print("nodes: killed", flush=True)
    finally:
        cluster.shutdown()


if __name__ == "__main__":
    hold()
