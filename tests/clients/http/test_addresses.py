"""What people type as an address."""

import pytest

from integrations.clients.http.addresses import normalise_address, normalise_pressero_address

PACE = "https://pace.example.com/rpc/rest/services"


@pytest.mark.parametrize(
    "typed",
    [
        "pace.example.com",
        " pace.example.com ",
        "PACE.Example.COM",
        "pace.example.com/",
        "//pace.example.com",
        "https://pace.example.com",
        "HTTPS://pace.example.com/",
        "https://pace.example.com:443",
        "pace.example.com/rpc",
        "pace.example.com/rpc/",
        "https://pace.example.com/rpc/rest",
        "https://pace.example.com/rpc/rest/services",
        "https://pace.example.com/rpc/rest/services/",
        "https://pace.example.com//rpc/rest//services",
        "https://pace.example.com/RPC/Rest/Services",
        "https://pace.example.com/rpc/rest/services/Version/getVersion",
        "https://pace.example.com/rpc/services/",
        "https://pace.example.com/epace/login.html?x=1#top",
        "https://pace.example.com?x=1",
    ],
)
def test_every_form_gives_the_one_address(typed: str) -> None:
    assert normalise_address(typed) == PACE


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("http://pace", "http://pace/rpc/rest/services"),
        ("http://pace:80", "http://pace/rpc/rest/services"),
        ("pace.example.com:8443", "https://pace.example.com:8443/rpc/rest/services"),
        ("10.0.0.5:8080/rpc", "https://10.0.0.5:8080/rpc/rest/services"),
        ("http://PACE_SRV", "http://pace_srv/rpc/rest/services"),
        ("https://gate.example.com/Pace/", "https://gate.example.com/Pace/rpc/rest/services"),
        (
            "https://gate.example.com/Pace/rpc/rest/services",
            "https://gate.example.com/Pace/rpc/rest/services",
        ),
        ("https://[::1]:8443", "https://[::1]:8443/rpc/rest/services"),
    ],
)
def test_scheme_port_and_a_proxys_path_stay(typed: str, address: str) -> None:
    assert normalise_address(typed) == address


@pytest.mark.parametrize(
    ("typed", "path"),
    [
        ("pace.example.com/epace/company:c001/object/Job/detail/1", "/rpc/company:c001/rest/services"),
        ("pace.example.com/rpc/company:c001/services", "/rpc/company:c001/rest/services"),
        ("pace.example.com/rpc/company:C%20001", "/rpc/company:C%20001/rest/services"),
        (
            "pace.example.com/rpc/company:c001/rest/services/Version/getVersion",
            "/rpc/company:c001/rest/services",
        ),
        ("pace.example.com/rpc/rest/company:c001/services", "/rpc/rest/company:c001/services"),
        ("pace.example.com/rpc/rest/services/company:c001", "/rpc/rest/services/company:c001"),
        ("gate.example.com/x/epace/company:c001/", "/x/rpc/company:c001/rest/services"),
    ],
)
def test_a_company_in_the_address_is_never_cut_silently(typed: str, path: str) -> None:
    found = normalise_address(typed)
    assert found == f"https://{typed.partition('/')[0]}{path}"
    assert normalise_address(found) == found


def test_normalising_twice_changes_nothing() -> None:
    assert normalise_address(normalise_address("pace.example.com")) == PACE


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("ftp://pace.example.com", "ftp"),
        ("pace example.com", "blank"),
        ("pace.example.com\n/x", "blank"),
        ("https://", "names no host"),
        ("https:pace.example.com", "colon or slash"),
        ("https:/pace.example.com", "colon or slash"),
        ("https://user:pw@pace.example.com", "user name"),
        ("https://pace.example.com:99999", "cannot be read"),
        ("https://pace.example.com:port", "cannot be read"),
        ("https://[::1", "cannot be read"),
        ("https://-pace", "names no host"),
        ("https://pa!ce", "names no host"),
    ],
)
def test_what_is_no_address_is_refused_with_a_sentence(typed: str, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        normalise_address(typed)


def test_a_refusal_never_shows_a_password() -> None:
    with pytest.raises(ValueError, match="user name") as caught:
        normalise_address("https://user:hunter2@pace.example.com")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("https://admin.chi.v6.pressero.com/api/", "https://admin.chi.v6.pressero.com/api"),
        ("admin.chi.v6.pressero.com", "https://admin.chi.v6.pressero.com/api"),
        ("http://127.0.0.1:9000/api/", "http://127.0.0.1:9000/api"),
        ("https://own.example.com/Pressero/API", "https://own.example.com/Pressero/API"),
    ],
)
def test_presseros_address(typed: str, address: str) -> None:
    assert normalise_pressero_address(typed) == address
