"""What holds for every test: generated examples are the same in every run, so that a check fails for a change or not
at all. `HYPOTHESIS_PROFILE=search` looks for new ones, ten times as many. Keystores are made with the least work that
is read: there are hundreds, and none guards anything."""

import os

from hypothesis import settings

from egnatia.trust import keystore

settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("search", max_examples=1_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

keystore.WORK = keystore.LEAST_WORK
