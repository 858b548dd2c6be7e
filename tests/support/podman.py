"""The container engine of the tests: podman, run as root, without an image registry and without systemd."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parent.parent / "container"
RECIPE = FOLDER / "base"
NEEDED = ("podman", "runc", "mmdebstrap")
READ_ONLY = ("--read-only", "--read-only-tmpfs=false")  # podman would quietly add writable places
HARDENED = (
    *READ_ONLY,
    *("--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
    *("--memory", "256m", "--memory-swap", "256m", "--pids-limit", "64", "--cpus", "1"),
)
_MOST_FILES = 8192
_SECONDS = 300


def what_keeps_podman_away() -> str:
    """Say why containers cannot be run here, or nothing; installs podman where it may."""
    if not sys.platform.startswith("linux"):
        return "containers are only tested on Linux"
    if os.geteuid() != 0:
        return "podman is run as root here, and this is another user"
    if not all(shutil.which(tool) for tool in NEEDED):
        if not Path("/etc/debian_version").exists():
            return f"{', '.join(NEEDED)} are not all there, and only on Debian the tests install them"
        installed = subprocess.run([FOLDER / "install"], capture_output=True, text=True, check=False, timeout=_SECONDS)
        if installed.returncode != 0:
            return f"tests/container/install failed: {installed.stderr[-500:]}"
    return ""


@dataclass(frozen=True)
class Container:
    """A container that was started; it may have ended since."""

    engine: Podman
    id: str
    # Asked for once, since podman says nothing of a container that it is stopping.
    published: str

    @property
    def url(self) -> str:
        """Where its port is published."""
        return "http://" + self.published

    @property
    def address(self) -> tuple[str, int]:
        """The same for a socket."""
        host, _, port = self.published.rpartition(":")
        return host, int(port)

    @property
    def pid(self) -> int:
        """Its first process, as the host counts them."""
        return int(self.inspect("State")["Pid"])

    def inspect(self, part: str) -> Any:
        """Return what the engine knows of it."""
        return json.loads(self.engine.run("inspect", "--format", f"{{{{json .{part}}}}}", self.id))

    def status(self, name: str) -> str:
        """Return what the kernel says of its first process."""
        lines = Path(f"/proc/{self.pid}/status").read_text("utf-8").splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith(name + ":"))

    def exec(self, *command: str, user: str = "10001:10001") -> subprocess.CompletedProcess[str]:
        """Run a command beside the service."""
        return self.engine.call("exec", "--user", user, self.id, *command)

    def cgroup(self, *names: str) -> str:
        """Return the first of the files of its control group that there is: version 2 and 1 name them differently."""
        return self.exec("sh", "-c", f"cd /sys/fs/cgroup; cat {' '.join(names)} 2>/dev/null").stdout.strip()

    def health(self) -> int:
        """Run its health check as an engine with a clock would; return the exit code."""
        return self.engine.call("healthcheck", "run", self.id).returncode

    def logs(self) -> str:
        """Return all that it wrote."""
        done = self.engine.call("logs", self.id)
        return done.stdout + done.stderr

    def await_start(self) -> None:
        """Return when the service says where it listens; fail if it ends without."""
        with self.engine.start("logs", "--follow", self.id) as following:
            assert following.stdout is not None
            listens = any("listens on" in line for line in following.stdout)
            following.kill()
        assert listens, self.logs()


@dataclass(frozen=True)
class Podman:
    """The engine, with settings of its own."""

    # Also where it runs: its helpers leave files in their working directory.
    folder: Path

    def __post_init__(self) -> None:
        """Write the settings; nothing under /etc is touched."""
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        files = _MOST_FILES if limit == resource.RLIM_INFINITY else min(limit, _MOST_FILES)
        # runc takes every layout of control groups, crun does not; without limits of its own podman asks for
        # more open files than this machine may grant.
        self._settings.write_text(
            f'[containers]\ndefault_ulimits = ["nofile={files}:{files}", "nproc=2048:2048"]\n'
            '[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n'
            "compat_api_enforce_docker_hub = false\n"
        )

    @property
    def _settings(self) -> Path:
        return self.folder / "containers.conf"

    @property
    def environment(self) -> dict[str, str]:
        """What it must be called with; health checks are run by the tests and not by systemd."""
        return os.environ | {"CONTAINERS_CONF": str(self._settings), "DISABLE_HC_SYSTEMD": "true"}

    def call(self, *arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run it to its end."""
        return subprocess.run(
            ["podman", *arguments],
            **{"cwd": self.folder, "stdin": subprocess.DEVNULL, "timeout": _SECONDS} | options,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def run(self, *arguments: str | Path, **options: Any) -> str:
        """Run it to its end, which must be a good one; return what it printed."""
        done = self.call(*arguments, **options)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self, *arguments: str | Path) -> subprocess.Popen[str]:
        """Run it beside the test."""
        return subprocess.Popen(
            ["podman", *arguments],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def base(self) -> str:
        """Return the name of the image to build upon; made once, and again when its recipe changes.

        PRESSMARK_TEST_BASE names another, python:3.11-slim say, where a registry can be reached.
        """
        if given := os.environ.get("PRESSMARK_TEST_BASE"):
            return given
        name = f"localhost/pressmark-base:{hashlib.sha256(RECIPE.read_bytes()).hexdigest()[:12]}"
        if self.call("image", "exists", name).returncode != 0:
            tar = self.folder / "base.tar"
            with tar.open("wb") as file:
                made = subprocess.run([RECIPE], stdout=file, stderr=subprocess.PIPE, check=False, timeout=_SECONDS)
            assert made.returncode == 0, made.stderr.decode()[-2000:]
            self.run("import", "--change", 'CMD ["python3"]', tar, name)
            tar.unlink()
        return name

    def build_flags(self) -> list[str]:
        """Return what a build takes on a machine whose way to the package index has its own certificates."""
        trusted = [Path("/etc/ssl/certs/ca-certificates.crt"), Path("/etc/pip.conf")]
        volumes = [f"--volume={path}:{path}:ro" for path in trusted if path.exists()]
        return ["--pull=missing", "--network=host", f"--build-arg=BASE={self.base()}", *volumes]

    @contextmanager
    def running(self, image: str, *flags: str | Path) -> Iterator[Container]:
        """Start a container with its port published on the loopback; remove it at the end."""
        started = self.run("run", "--detach", "--publish", "127.0.0.1::8000", *flags, image).strip()
        try:
            yield Container(self, started, self.call("port", started, "8000/tcp").stdout.strip())
        finally:
            self.call("rm", "--force", "--time", "0", started)
