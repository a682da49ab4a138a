"""What the node says of its own running: one line per event, for people or, as JSON, for collectors."""

import logging
import sys
import time

import msgspec

from egnatia.settings import Settings


class _Json(logging.Formatter):
    """One JSON object per line: at (UTC), level, room, message, and the failure where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "room": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["failure"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line).decode()


def begin(settings: Settings) -> None:
    """Log to standard error as the settings say; what libraries say below a warning is left out."""
    handler = logging.StreamHandler(sys.stderr)
    if settings.log.format == "json":
        handler.setFormatter(_Json())
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("egnatia").setLevel(settings.log.level.upper())
