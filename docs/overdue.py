"""Whether the dependencies are brought up to date as docs/security.md promises: `make overdue`.

Fails once requirements.lock has not been made anew for three months, and lists what has a newer version by then.
"""

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
LOCK: Final = ROOT / "requirements.lock"
LONGEST: Final = timedelta(days=92)


def is_overdue(made: date, today: date) -> bool:
    """Whether a lock of that day should have been made anew."""
    return today - made > LONGEST


def made() -> date:
    """The day of the lock's last commit."""
    command = ("git", "-C", str(ROOT), "log", "-1", "--format=%cs", "--", str(LOCK))
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603  our own words
    return date.fromisoformat(said)


def main() -> int:
    """0 where all is kept."""
    day = made()
    subprocess.run((sys.executable, "-m", "pip", "list", "--outdated"), check=True)
    if is_overdue(day, datetime.now(UTC).date()):
        sys.stderr.write(f"requirements.lock is of {day}: bring it up to date (make lock) and release\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
