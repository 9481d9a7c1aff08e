"""Links of artwork: Pace fetches them from inside the plant, so they must not lead there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.planning.links import link_problem


@pytest.mark.parametrize(
    "url",
    [
        "https://files.example.com/card.pdf",
        "http://files.example.com:8080/a%20b?sig=x/y&z=@",
        " https://files.example.com/blank%20around.pdf ",
        "https://files.example.com/a b\\c.pdf",  # strange paths are Pace's matter
        "https://8.8.8.8/card.pdf",
        "https://[2606:4700::1111]/card.pdf",
        "https://user:word@files.example.com/card.pdf",
        "https://10.0.0.1.example.com/card.pdf",
    ],
)
def test_a_link_to_the_public_internet_may_be_fetched(url: str) -> None:
    assert link_problem(url) == ""


INTERNAL = [
    "http://127.0.0.1/",
    "http://localhost/admin",
    "http://LOCALHOST./admin",
    "http://files.localhost/",
    "http://169.254.169.254/latest/meta-data/",
    "http://10.1.2.3/",
    "http://172.16.0.1/",
    "http://192.168.1.1:8080/",
    "http://100.64.0.1/",
    "http://0.0.0.0/",
    "http://224.0.0.1/",
    "http://[::1]/",
    "http://[fe80::1]/",
    "http://[fd00::1]/",
    "http://[::ffff:10.0.0.1]/",
    "http://[2002:7f00:1::]/",
    "http://127.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0177.0.0.1/",
    "http://①②⑦.⓪.⓪.①/",
    "http://files.example.com@10.0.0.1/",
    "http://plant-server/share",
    "http://nas.local/",
    "http://metadata.google.internal/",
]


@pytest.mark.parametrize("url", INTERNAL)
def test_a_link_into_a_network_may_not(url: str) -> None:
    assert "internal network" in link_problem(url)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://files.example.com/x",
        "javascript:alert(1)",
        "\\\\server\\share\\card.pdf",
        "/card.pdf",
        "card.pdf",
        "http://",
        "http:///etc/passwd",
        "http://[::1",
        "http://files.example.com:99999/",
        "http://files.example.com\\@10.0.0.1/",
        "http://files.example.com .evil/",
        "http://files.exa\x00mple.com/",
    ],
)
def test_what_is_no_web_address_may_not(url: str) -> None:
    assert link_problem(url)


@pytest.mark.parametrize("allowed", ["files.plant.local", "10.1.2.3", "10.1.0.0/16", "127.0.0.0/8"])
def test_hosts_and_networks_of_the_plant_may_be_allowed(allowed: str) -> None:
    urls = {"http://files.plant.local/x", "http://10.1.2.3/x", "http://127.0.0.1:9/x", "http://127.1/x"}
    fetched = {url for url in urls if not link_problem(url, [allowed])}
    assert (
        fetched
        == {
            "files.plant.local": {"http://files.plant.local/x"},
            "10.1.2.3": {"http://10.1.2.3/x"},
            "10.1.0.0/16": {"http://10.1.2.3/x"},
            "127.0.0.0/8": {"http://127.0.0.1:9/x", "http://127.1/x"},
        }[allowed]
    )


def test_an_allowed_host_does_not_allow_another_scheme() -> None:
    assert link_problem("file://files.plant.local/x", ["files.plant.local"])


@given(st.text() | st.text().map("http://{}".format) | st.text().map("https://a.example{}".format))
def test_whatever_stands_in_a_link_it_is_judged(url: str) -> None:
    assert isinstance(link_problem(url, ["10.0.0.0/8"]), str)
