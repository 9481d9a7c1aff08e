"""Tests with real commits leave nothing behind, and find what every database holds."""

import pytest
from django.contrib.auth.models import Group

from integrations.operations.access.rights import VIEWER
from integrations.operations.setup.database import lacking


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("nth", [1, 2, 3])
def test_a_test_with_real_commits_begins_with_a_new_database(nth: int) -> None:
    assert lacking() == []
    assert Group.objects.get(name=VIEWER).permissions.exists()
    assert not Group.objects.filter(name="left behind").exists()
    Group.objects.create(name="left behind")
