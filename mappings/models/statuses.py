"""Status mappings: a Pace status and the Pressero stage it is shown as."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from mappings.models.base import KEY_LENGTH, MappingRow, transfer_permissions, unique_row
from mappings.note_text import problem_with
from mappings.text import name_key


class StatusLevel(models.TextChoices):
    """Whose Pace status a row names."""

    JOB = "job", "job"
    PART = "part", "part"


class StatusMapping(MappingRow):
    """A Pace status and the Pressero stage that tells the storefront about it."""

    level = models.CharField(
        max_length=8, choices=StatusLevel.choices, help_text="Whether this is a job status or a part status."
    )
    pace_status = models.CharField("Pace status", max_length=64, help_text="Code of the status in Pace.")
    workflow = models.CharField(
        db_default="",
        default="",
        max_length=64,
        blank=True,
        help_text="Id or name of the Pressero workflow. Leave blank for the default of all workflows.",
    )
    pressero_stage = models.CharField(
        "Pressero stage",
        db_default="",
        default="",
        max_length=64,
        help_text="ID or name of the Pressero stage that the items are set to.",
    )
    note = models.CharField(
        max_length=255,
        blank=True,
        help_text="Sent to Pressero with the stage. {order}, {job}, {part}, {status} and {tracking} are replaced with their values.",
    )
    status_key = models.CharField(
        max_length=KEY_LENGTH, editable=False, help_text="The status as it is compared."
    )
    workflow_key = models.CharField(
        max_length=KEY_LENGTH, editable=False, blank=True, help_text="The workflow as it is compared."
    )

    key_fields = ("status_key", "workflow_key")
    identity = ("status_key", "level", "workflow_key")

    class Meta:
        verbose_name = "status mapping"
        constraints = [
            *unique_row("status", ["status_key", "level", "workflow_key"], "this status and workflow"),
            models.CheckConstraint(
                condition=~Q(status_key="") & ~Q(pressero_stage=""),
                name="status_and_stage_filled",
                violation_error_message="Fill in the Pace status and the Pressero stage.",
            ),
            models.CheckConstraint(
                condition=Q(level__in=StatusLevel.values),
                name="status_level_known",
                violation_error_message="Level is job or part.",
            ),
        ]
        permissions = transfer_permissions("statusmapping", "status mappings")

    def __str__(self) -> str:
        flow = f"workflow {self.workflow}" if self.workflow else "the default workflow"
        return f"{self.level} status {self.pace_status} in {flow} of {self.scope()} → stage {self.pressero_stage}"

    def clean(self) -> None:
        super().clean()
        if problem := problem_with(self.note):
            raise ValidationError({"note": problem})

    def fill_keys(self) -> None:
        self.status_key = name_key(self.pace_status)
        self.workflow_key = name_key(self.workflow)
