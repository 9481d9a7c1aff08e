"""The right to create a contact ends with the claim that holds it; claims are found by their lease."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integrations", "0022_groups")]

    operations = [
        # The column stays for one release: workers that still run the code of before write to it.
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField(model_name="contactcreation", name="lease_until")]
        ),
        migrations.AlterField(
            model_name="contactcreation",
            name="lease_token",
            field=models.UUIDField(blank=True, null=True, verbose_name="held by the claim"),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("lease_until__isnull", False)),
                fields=["lease_until"],
                name="order_leased",
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("lease_token__isnull", False)), fields=["lease_token"], name="order_token"
            ),
        ),
    ]
