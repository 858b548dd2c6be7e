"""What atheris runs: the package instrumented, so that inputs which reach new code are kept and changed further."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["pressmark", "pressmark_service"]):
    import invariants

if __name__ == "__main__":
    invariants.the_judge()
    atheris.Setup(sys.argv, invariants.check)
    atheris.Fuzz()
