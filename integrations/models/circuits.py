"""The state of each connection to another system: healthy, waiting out a failure, or paused by hand."""

from django.db import models
from django.db.models import Q

from integrations.models.connections import PaceServer, PresseroAccount


class Circuit(models.Model):
    """One row per Pace server or Pressero account that has ever failed or been limited, or has a certificate.

    `open_until` in the future: nobody calls. In the past: one worker probes (`probe_until`), the others wait for it.
    """

    server = models.OneToOneField(
        PaceServer, null=True, blank=True, on_delete=models.CASCADE, related_name="circuit"
    )
    account = models.OneToOneField(
        PresseroAccount, null=True, blank=True, on_delete=models.CASCADE, related_name="circuit"
    )
    failures = models.PositiveIntegerField(default=0, help_text="Failures in a row.")
    down_since = models.DateTimeField(null=True, blank=True)
    open_until = models.DateTimeField("not called before", null=True, blank=True)
    probe_until = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)
    paused = models.BooleanField(default=False, help_text="Paused: no calls are made until it is resumed.")
    next_call_at = models.DateTimeField(
        null=True, blank=True, help_text="Next free slot of the call rate limit."
    )

    certificate_ends_at = models.DateTimeField(
        null=True, blank=True, help_text="When the certificate ends that this system shows."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(server__isnull=False, account__isnull=True)
                | Q(server__isnull=True, account__isnull=False),
                name="circuit_of_one_system",
            )
        ]

    def __str__(self) -> str:
        return f"Circuit of {self.system}"

    @property
    def system(self) -> PaceServer | PresseroAccount:
        """What it is the state of."""
        system = self.server or self.account
        assert system is not None  # noqa: S101 - the constraint
        return system
