"""``make fuzz-api``: schemathesis over the whole OpenAPI document, all of its checks, against the real server."""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import httpx
from service import serving

_COMMAND = Path(sys.executable).with_name("schemathesis")
_HERE = Path(__file__).parent
_COMMITTED = _HERE.parent.parent / "openapi" / "v1.json"
_ADAPTERS = ("--text-embeddings", "on", "--label-studio", "on")
_FULL, _LEAST_OF_FULL = 500, 10_000
_GENERATED = re.compile(r"^\s+(\d+) generated", re.MULTILINE)
_UNCHECKED = re.compile(r"Schema validation skipped|Missing test data")

# A wrong request may be refused for its size before it is looked at, and a right one may be too large in a way
# that no schema can tell: the limit on a body's bytes. schemathesis takes 413 for neither by itself.
_CONFIGURATION = """
max-failures = 20
[parameters]
"path.model" = "{model}"
"path.version" = "{version}"
[checks]
negative_data_rejection.expected-statuses = ["400", "401", "403", "404", "405", "408", "413", "415", "422", "431"]
positive_data_acceptance.expected-statuses = ["2xx", "413"]
"""
# What these must hold is written in another language (a labelling interface in XML) or hangs on another member
# (the shape of a tensor on its data), which no schema can tell.
_BEYOND_SCHEMAS = {
    "/label-studio/setup": "422",
    "/label-studio/predict": "422",
    "/v2/models/{model}/infer": "400",
    "/v2/models/{model}/versions/{version}/infer": "400",
}
# A stream is a 200 before its lines are read: a line that is wrong is answered by its problem, which the hooks
# hold to the document.
_STREAM = """
[[operations]]
include-path = "/v1/classify/stream"
checks.negative_data_rejection.expected-statuses = ["200", "400", "401", "403", "404", "405", "408", "415", "431"]
"""
_OPERATION = """
[[operations]]
include-path = "{path}"
checks.positive_data_acceptance.expected-statuses = ["2xx", "413", "{status}"]
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it went."""

    code: int
    cases: int
    said: str

    @property
    def is_whole(self) -> bool:
        """Whether everything was checked, and held."""
        return self.code == 0 and _UNCHECKED.search(self.said) is None


def run(examples: int, folder: Path) -> Outcome:
    """Start a server and let schemathesis make up `examples` requests for each operation and more besides."""
    with serving(folder / "log", "--access-log", "off", *_ADAPTERS) as server:
        served = httpx.get(server.url + "/openapi.json", trust_env=False).json()
        assert served["paths"].keys() == json.loads(_COMMITTED.read_text("utf-8"))["paths"].keys()
        model = httpx.get(server.url + "/v1/model", trust_env=False).json()
        written = _CONFIGURATION.format(model=model["name"], version=model["version"])
        written += "".join(_OPERATION.format(path=path, status=status) for path, status in _BEYOND_SCHEMAS.items())
        written += _STREAM
        (folder / "schemathesis.toml").write_text(written)
        command = [_COMMAND, "--config-file", folder / "schemathesis.toml", "run", server.url + "/openapi.json"]
        options = ["--checks", "all", "--max-examples", str(examples), "--no-color", "--generation-deterministic"]
        done = subprocess.run(
            [*command, *options],
            cwd=folder,
            env=os.environ | {"SCHEMATHESIS_HOOKS": "schemathesis_hooks", "PYTHONPATH": str(_HERE), "NO_PROXY": "*"},
            capture_output=True,
            text=True,
            check=False,
        )
    said = "\n".join(line[:400] for line in (done.stdout + done.stderr).splitlines())
    generated = _GENERATED.search(said)
    return Outcome(done.returncode, int(generated[1]) if generated else 0, said)


def main() -> int:
    """Run, and see that nothing failed and enough was tried; return the exit code."""
    parser = argparse.ArgumentParser(prog="python schema_fuzz.py", description=__doc__)
    told = "requests for each operation (default: %(default)s)"
    parser.add_argument("--examples", type=int, default=_FULL, help=told)
    examples = parser.parse_args().examples
    with tempfile.TemporaryDirectory() as folder:
        outcome = run(examples, Path(folder))
    if not outcome.is_whole:
        print(outcome.said)
    print(f"fuzz-api: {outcome.cases:,} cases; failures: {'none' if outcome.is_whole else 'see above'}")
    if examples >= _FULL and outcome.cases < _LEAST_OF_FULL:
        print(f"fuzz-api: too few cases were tried: at least {_LEAST_OF_FULL:,} were to be")
        return 1
    return 0 if outcome.is_whole else 1


if __name__ == "__main__":
    sys.exit(main())
