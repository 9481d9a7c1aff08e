"""Headers that every answer carries."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

ADDRESSES = (
    "/admin/login/",
    "/api/health/live/",
    "/api/orders/",
    "/nowhere/",
    "/static/hub/admin.css",
    "/api/docs/",
)


@pytest.fixture(params=ADDRESSES)
def headers(request: pytest.FixtureRequest, client: Client, db: None) -> dict[str, str]:
    return dict(client.get(request.param).headers)


def policy(headers: dict[str, str]) -> dict[str, list[str]]:
    parts = [part.split() for part in headers["Content-Security-Policy"].split(";")]
    return {part[0]: part[1:] for part in parts if part}


def test_no_inline_script_runs_on_any_page(headers: dict[str, str]) -> None:
    allowed = policy(headers)
    assert "'unsafe-inline'" not in allowed["script-src"]
    assert not [
        source for source in allowed["script-src"] if source in ("*", "data:", "https:", "http:", "blob:")
    ]
    assert not {"script-src-elem", "script-src-attr"} & set(allowed)


def test_what_is_not_named_is_refused(headers: dict[str, str]) -> None:
    allowed = policy(headers)
    for directive in ("default-src", "object-src", "base-uri", "frame-ancestors"):
        assert allowed[directive] == ["'none'"], directive
    for directive in ("connect-src", "form-action", "font-src"):
        assert allowed[directive] == ["'self'"], directive
    assert allowed["img-src"] == ["'self'", "data:"]


def test_the_other_headers(headers: dict[str, str]) -> None:
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]


@pytest.mark.parametrize("address", ["/api/health/live/", "/api/orders/", "/admin/", "/admin/login/", "/"])
def test_no_answer_is_kept_by_browsers_and_proxies(client: Client, db: None, address: str) -> None:
    assert "no-store" in client.get(address).headers["Cache-Control"]


def test_no_page_may_be_framed(client: Client, db: None) -> None:
    assert client.get(reverse("admin:login")).headers["X-Frame-Options"] == "DENY"


def test_the_nonce_of_the_style_sheet_is_new_for_every_page(client: Client, db: None) -> None:
    nonces = set()
    for _ in range(3):
        answer = client.get(reverse("admin:login"))
        [nonce] = [
            source for source in policy(dict(answer.headers))["style-src"] if source.startswith("'nonce-")
        ]
        assert f'nonce="{nonce[7:-1]}"' in answer.content.decode()
        nonces.add(nonce)
    assert len(nonces) == 3
