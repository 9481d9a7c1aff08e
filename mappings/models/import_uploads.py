"""Files of an import between their preview and their confirmation."""

from django.db import models

from automationhub.lib.shown_times import moment_text


class ImportUpload(models.Model):
    """A file between its preview and its confirmation.

    In the database, because the confirmation may reach another machine than the upload did.
    """

    name = models.CharField(max_length=32, unique=True)
    content = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        # Nobody handles these by hand: no rights to hand out.
        default_permissions = ()

    def __str__(self) -> str:
        return f"upload of {moment_text(self.created_at)}"
