"""Where addresses lead: one table for outgoing requests and for links handed on."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from automationhub.lib.network import address_of, is_internal, is_off_limits, leads_inside, plain_host


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.9", "10.0.0.1", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.31.255.255", "192.0.0.192", "192.0.2.1",
        "192.88.99.1", "192.168.0.1", "198.19.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1",
        "255.255.255.255", "168.63.129.16", "::", "::1", "::10.0.0.1", "::8.8.8.8", "::ffff:10.0.0.1", "::ffff:0:8.8.8.8",
        "64:ff9b::10.0.0.1", "64:ff9b::169.254.169.254", "64:ff9b:1::8.8.8.8", "100::1", "2001::1", "2001:db8::1",
        "2002:a00:1::", "2002:7f00:1::", "fc00::1", "fd00::1", "fe80::1", "fec0::1", "ff02::1",
    ],
)  # fmt: skip
def test_an_internal_address_is_known_in_every_form(address: str) -> None:
    assert is_internal(ip_address(address))


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1"],
)
def test_a_public_address_is_public_in_every_form(address: str) -> None:
    assert not is_internal(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.9", "169.254.169.254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "fe80::1",
        "fd00:ec2::254", "100.100.100.200", "168.63.129.16", "224.0.0.1", "255.255.255.255", "ff02::1", "::",
    ],
)  # fmt: skip
def test_no_system_of_ours_is_at_a_clouds_own_service_or_at_nobodys_address(address: str) -> None:
    assert is_off_limits(ip_address(address))


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.1.2.3", "192.168.1.1", "fd12::1", "8.8.8.8"])
def test_a_server_of_the_plant_may_be_called(address: str) -> None:
    assert not is_off_limits(ip_address(address))


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.1", "127.0.0.1"),
        ("0x7f000001", "127.0.0.1"),
        ("0177.0.0.1", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("0xa9.0xfe.0xa9.0xfe", "169.254.169.254"),
        ("fe80::1", "fe80::1"),
    ],
)
def test_every_spelling_of_an_address_is_read(host: str, address: str) -> None:
    assert address_of(host) == ip_address(address)


@pytest.mark.parametrize("host", ["files.example.com", "a.b", "beef.cafe", "0x7g"])
def test_a_name_is_not_an_address(host: str) -> None:
    assert address_of(host) is None


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("Files.Example.COM.", "files.example.com"),
        ("①②⑦.0.0.1", "127.0.0.1"),
        ("127。0。0。1", "127.0.0.1"),
        ("[::1]", "::1"),
        ("bücher.example", "xn--bcher-kva.example"),
    ],
)
def test_a_host_is_read_as_every_program_reads_it(typed: str, plain: str) -> None:
    assert plain_host(typed) == plain


@pytest.mark.parametrize(
    "typed",
    ["", ".", "a..b", "10.0.0.1%2f.example.com", "fe80::1%eth0", "a b", "-a.example", "a" * 64 + "." * 300],
)
def test_what_programs_read_differently_is_no_host(typed: str) -> None:
    assert plain_host(typed) == ""


@pytest.mark.parametrize("allowed", ["plant", "10.0.0.0/8", "10.1.2.3", "PLANT."])
def test_what_is_allowed_may_lead_inside(allowed: str) -> None:
    inside = {host for host in ("plant", "10.1.2.3") if leads_inside(host, [allowed])}
    assert len(inside) == 1


def test_an_allowed_network_counts_for_its_addresses_in_every_form() -> None:
    assert not leads_inside("::ffff:10.1.2.3", ["10.0.0.0/8"])
    assert leads_inside("::ffff:10.1.2.3", ["192.168.0.0/16"])
