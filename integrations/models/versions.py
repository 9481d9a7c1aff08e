"""Versions of the configuration: what it was after each change, without secrets (operations/setup/versions.py keeps them)."""

from django.db import models


class ConfigurationVersion(models.Model):
    """The whole configuration after a change: who changed it, when, and what in one line.

    `content` is the configuration file without secrets as compressed JSON, because a mapping of thousands of rows is
    stored with each version. Changes that one person makes within minutes are one version: `begun_at` is the first of
    them and `at` the last.
    """

    number = models.PositiveIntegerField("version", unique=True)
    begun_at = models.DateTimeField()
    at = models.DateTimeField("when")
    actor = models.CharField("who", max_length=200)
    summary = models.CharField("what changed", max_length=500)
    content = models.BinaryField()
    digest = models.CharField(max_length=64, help_text="SHA-256 of the configuration, to compare versions.")
    is_edit = models.BooleanField(
        db_default=True,
        default=True,
        help_text="Made by ordinary edits, so that further ones of the same person within minutes become part of it.",
    )

    class Meta:
        verbose_name = "configuration version"
        ordering = ["-number"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"Version {self.number}"
