"""Each page of the portal links to the document about it, and the documents are there without being built."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from integrations.admin.shared.navigation import DOCUMENTS, document_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", sorted({name for _, name in DOCUMENTS}))
def test_each_document_of_the_help_exists(name: str) -> None:
    assert (settings.BASE_DIR / "docs" / f"{name}.md").exists()


def test_a_page_links_to_its_own_document(boss: Client) -> None:
    page = reverse("admin:mappings_productmapping_changelist")
    assert document_of(page) == "/docs/mappings/"
    assert 'href="/docs/mappings/"' in boss.get(page).content.decode()


def test_the_documents_are_served_as_text_where_no_site_is_built(client: Client) -> None:
    assert "Staff guide" in client.get("/docs/staff-guide/").content.decode()
    assert client.get("/docs/").status_code == 200
    assert client.get("/docs/nothing-like-it/").status_code == 404
    assert client.get("/docs/..%2Fsettings/").status_code == 404
