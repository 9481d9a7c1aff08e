"""The sandbox Pace: an EFI Pace server for trying things out, kept in memory."""

from integrations.simulation.sandbox.pace.server import PaceSandbox

__all__ = ["PaceSandbox"]
