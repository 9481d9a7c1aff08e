"""The address of a caller, with and without reverse proxies before the hub."""

from typing import Any

import pytest
from django.test import RequestFactory

from automationhub.lib.client_address import address_group, client_address


def seen(settings: Any, proxies: int, forwarded: str | None, remote: str = "192.0.2.9") -> str | None:
    settings.PROXY_COUNT = proxies
    headers = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    return client_address(RequestFactory().get("/", REMOTE_ADDR=remote, **headers))  # type: ignore[arg-type]


def test_without_proxies_the_header_is_not_believed(settings: Any) -> None:
    assert seen(settings, 0, "203.0.113.1") == "192.0.2.9"


def test_behind_one_proxy_the_last_address_counts(settings: Any) -> None:
    assert seen(settings, 1, "10.0.0.1, 203.0.113.1") == "203.0.113.1"


def test_behind_two_proxies_the_last_but_one_counts(settings: Any) -> None:
    assert seen(settings, 2, "1.1.1.1, 203.0.113.1, 10.0.0.2") == "203.0.113.1"


def test_a_request_that_passed_fewer_proxies_is_the_one_who_connected(settings: Any) -> None:
    assert seen(settings, 2, "203.0.113.1") == "192.0.2.9"
    assert seen(settings, 1, None) == "192.0.2.9"


@pytest.mark.parametrize("nonsense", ["", "unknown", "203.0.113.1.5", "x" * 5000, "'; DROP TABLE", "::1::"])
def test_what_is_no_address_is_not_taken_for_one(settings: Any, nonsense: str) -> None:
    assert seen(settings, 1, nonsense) == "192.0.2.9"


def test_a_port_and_brackets_are_left_out(settings: Any) -> None:
    assert seen(settings, 1, "203.0.113.1:51234") == "203.0.113.1"
    assert seen(settings, 1, "[2001:db8::1]:443") == "2001:db8::1"


def test_a_socket_without_an_address_is_nobody(settings: Any) -> None:
    assert seen(settings, 0, None, remote="") is None


def test_an_ipv4_address_written_as_ipv6_is_the_ipv4_one(settings: Any) -> None:
    assert seen(settings, 0, None, remote="::ffff:192.0.2.1") == "192.0.2.1"


def test_limits_count_an_ipv6_network_as_one() -> None:
    assert address_group("2001:db8::1") == address_group("2001:db8::ffff") != address_group("2001:db8:0:1::1")
    assert address_group("192.0.2.1") != address_group("192.0.2.2")
    assert address_group(None) == "unknown"
