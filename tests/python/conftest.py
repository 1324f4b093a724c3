"""Hypothesis profiles: ``ci`` (the default) repeats exactly and is short; ``--hypothesis-profile=long`` searches."""

from hypothesis import settings

settings.register_profile("ci", max_examples=100, deadline=None, derandomize=True, database=None)
settings.register_profile("long", max_examples=2000, deadline=None)
settings.load_profile("ci")
