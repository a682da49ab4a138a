"""What holds for every test: generated examples are the same in every run, so that a check fails for a change or not
at all. `HYPOTHESIS_PROFILE=search` looks for new ones, ten times as many."""

import os

from hypothesis import settings

settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("search", max_examples=1_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))
