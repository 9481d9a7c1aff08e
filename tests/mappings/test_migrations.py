"""The migrations of the mappings."""

import pytest
from django.core.management import call_command
from django.db import connection


@pytest.mark.django_db(transaction=True)
def test_the_tables_can_be_taken_down_and_put_up_again() -> None:
    try:
        call_command("migrate", "mappings", "zero", verbosity=0)
        assert "mappings_productmapping" not in connection.introspection.table_names()
    finally:
        call_command("migrate", "mappings", verbosity=0)
    assert "mappings_productmapping" in connection.introspection.table_names()
