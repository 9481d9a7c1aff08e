"""The name of a plant's own field is longer than those that could be changed for one order so far."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integrations", "0022_plain_words_of_channels")]

    operations = [
        migrations.AlterField(
            model_name="orderoverride",
            name="key",
            field=models.CharField(max_length=120, verbose_name="field"),
        ),
    ]
