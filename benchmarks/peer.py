"""What we compare ourselves with lives in environments of its own under .bench-venvs, made when first needed."""

import subprocess
import sys
from pathlib import Path

from benchmarks.figure import Skipped

FOLDER = Path(".bench-venvs").absolute()


def environment(name: str, *packages: str, program: str = "python") -> Path:
    """The `bin` folder of an environment with the packages; raises Skipped where they cannot be installed."""
    found = FOLDER / name / "bin"
    if (found / "complete").exists() or (program != "python" and (found / program).exists()):
        return found
    try:
        subprocess.run([sys.executable, "-m", "venv", str(FOLDER / name)], check=True, capture_output=True)
        install = [str(found / "python"), "-m", "pip", "install", "--quiet", *packages]
        subprocess.run(install, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        said = str(getattr(error, "stderr", "") or error).strip().splitlines()
        raise Skipped(f"{name}: not installed: {said[-1] if said else error}") from error
    (found / "complete").touch()
    return found
