"""Keeps an uploaded file from its preview to its confirmation (see `mappings.models.ImportUpload`)."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone
from import_export.tmp_storages import BaseStorage

from mappings.models import ImportUpload

# Previews nobody confirms are cleared away when the next file comes in.
RETENTION = timedelta(days=1)


class UploadGone(Exception):
    """The upload was imported already, or is too old."""


class DatabaseUploads(BaseStorage):
    """The temporary storage of the import pages."""

    def save(self, data: bytes) -> None:
        ImportUpload.objects.filter(created_at__lt=timezone.now() - RETENTION).delete()
        self.name = uuid4().hex
        ImportUpload.objects.create(name=self.name, content=data)

    def read(self) -> bytes:
        content: Any = ImportUpload.objects.filter(name=self.name).values_list("content", flat=True).first()
        if content is None:
            raise UploadGone
        return bytes(content)

    def remove(self) -> None:
        ImportUpload.objects.filter(name=self.name).delete()
