"""The hub's settings with the plain view's addresses."""

from automationhub.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.contenders.plain"
