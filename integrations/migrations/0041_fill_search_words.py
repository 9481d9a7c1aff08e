"""The words of the orders that are there already: in batches, each a transaction of its own, so that nobody waits."""

from django.db import migrations

from integrations.services.search import Tables, index_all


def fill(apps, schema_editor):
    def table(name):
        return apps.get_model("integrations", name)

    tables = Tables(
        order=table("Order"),
        item=table("OrderItem"),
        job=table("PaceJob"),
        shipment=table("PaceShipment"),
        word=table("SearchWord"),
    )
    for _ in index_all(tables=tables):
        pass


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("integrations", "0040_search_words")]

    # The table goes with the migration before this one.
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
