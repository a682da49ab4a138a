"""Egnatia: the regional security exchange of the Western Balkans."""

import sys

# httpx brings a command line of its own, and with it rich and pygments: four megabytes that no node needs.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # None: an import of it fails, which httpx expects
