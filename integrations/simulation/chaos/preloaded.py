"""What the server from which workers are forked has loaded, in pages that the workers share and the collector leaves alone."""

import gc

from integrations.simulation.chaos import worker

__all__ = ["worker"]

gc.collect()
gc.freeze()
