"""Asking a live Pace or Pressero whether it does what the hub relies on: `probe_pace` and `probe_pressero`.

What is relied on is data (`pace_assumptions`, `pressero_assumptions`), what was seen is plain data, and what follows
from it is pure (`pace_verdicts`). Calls are made in one place for each system (`pace_probe`, `pressero_probe`).
"""
