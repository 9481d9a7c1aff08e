"""The calls that the audit log tells of already: in batches, so that nobody waits."""

from django.db import migrations

from integrations.services.calls import keep_all


def fill(apps, schema_editor):
    entries, calls = (apps.get_model("integrations", name) for name in ("AuditEntry", "OutgoingCall"))
    for _ in keep_all(entries=entries, calls=calls):
        pass


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("integrations", "0080_outgoing_calls")]

    # The table goes with the migration before this one.
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
