"""Which addresses people may type for what the hub sends on its own account."""

import pytest

from automationhub.lib.outgoing import address_problem

ALLOWED = ["receiver.plant.local", "10.1.2.0/24", "127.0.0.1"]


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/hooks/orders",
        "https://example.com:8443/hooks?key=1",
        "https://1.1.1.1/hook",
        "https://receiver.plant.local/hook",
        "http://receiver.plant.local/hook",
        "http://RECEIVER.plant.local:8080/hook",
        "http://10.1.2.9/hook",
        "http://127.0.0.1:9000/",
    ],
)
def test_addresses_outside_and_named_hosts_inside_are_fine(url: str) -> None:
    assert address_problem(url, ALLOWED) == ""


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://example.com/hook", "Use https://."),
        ("https://10.9.9.9/hook", "inside your network"),
        ("https://localhost/hook", "inside your network"),
        ("https://127.1.9/hook", "inside your network"),
        ("https://0x7f000002/hook", "inside your network"),
        ("https://[::1]/hook", "inside your network"),
        ("https://[::ffff:10.0.0.1]/hook", "inside your network"),
        ("https://pace.corp/hook", "inside your network"),
        ("https://pace/hook", "inside your network"),
        ("https://10.0.0.1.nip.io/hook", "inside your network"),
        ("https://169.254.169.254/latest", "not an address that a system of yours can have"),
        ("https://user:secret@example.com/hook", "contains a user name or password"),
        ("https://example.com/hook#part", "contains a #"),
        ("https://example.com/a hook", "space"),
        ("https://example.com\n/hook", "space"),
        ("https://exa%2fmple.com/hook", "names no host"),
        ("https://example.com:0/hook", "Write the whole address"),
        ("https://example.com:port/hook", "cannot be read"),
        ("https://", "Write the whole address"),
        ("ftp://example.com/hook", "Write the whole address"),
        ("example.com/hook", "Write the whole address"),
        ("", "Write the whole address"),
    ],
)
def test_other_addresses_are_refused_with_a_sentence(url: str, said: str) -> None:
    assert said in address_problem(url, ALLOWED)


def test_a_secret_in_an_address_is_not_repeated() -> None:
    assert "hunter2" not in address_problem("https://user:hunter2@example.com/", [])
