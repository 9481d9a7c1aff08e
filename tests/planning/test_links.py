"""Links of artwork: Pace fetches them from inside the plant, so they must not lead there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.planning.links import file_key, link_problem, sent_link


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
        "https://[64:ff9b::8.8.8.8]/card.pdf",
        "https://[2002:808:808::]/card.pdf",
        "https://files.example.com./card.pdf",
        "https://b\u00fccher.example.com/card.pdf",
        "https://corp.example.com/card.pdf",
        "https://my_files.s3.amazonaws.com/card.pdf",
        "https://files.office.com/card.pdf",
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
    "http://[64:ff9b::10.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[64:ff9b:1::808:808]/",
    "http://[::10.0.0.1]/",
    "http://[::8.8.8.8]/",
    "http://[::ffff:0:10.0.0.1]/",
    "http://[::ffff:0:8.8.8.8]/",
    "http://[::ffff:7f00:1]/",
    "http://[fec0::1]/",
    "http://[fe80::1]:8080/",
    "http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/",
    "http://[2002:a00:1::]/",
    "http://[2001:db8::1]/",
    "http://[ff02::1]/",
    "http://[::]/",
    "http://192.88.99.1/",
    "http://198.18.0.1/",
    "http://168.63.129.16/machine",
    "http://255.255.255.255/",
    "http://0/",
    "http://017700000001/",
    "http://0xa.1/",
    "http://10.1/",
    "http://127.0.0.1./",
    "http://１２７.0.0.1/",
    "http://0x7F.1/",
    "http://1.2.3.4.5/",
    "http://300.1.2.3/",
    "http://plant./",
    "http://127.0.0.1.nip.io/",
    "http://user:word@10.0.0.1/",
    *(f"http://files.{ending}/" for ending in (
        "corp", "home", "private", "localdomain", "svc", "consul", "test", "internal", "lan", "local", "intranet",
        "localhost", "home.arpa", "CORP.", "invalid", "svc.cluster.local", "10.in-addr.arpa",
    )),
]  # fmt: skip


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
        "http://10.0.0.1%2f@files.example.com/",
        "http://10.0.0.1%2F.example.com/",
        "http://files.example.com%2f.10.0.0.1/",
        "http://10.0.0.1%5c@files.example.com/",
        "http://10.0.0.1%40files.example.com/",
        "http://10.0.0.1%23@files.example.com/",
        "http://%31%30.0.0.1/",
        "http://[fe80::1%25eth0]/",
        "http://[::1%251]/",
        "http://-files.example.com/",
        "http://files..example.com/",
        "http://.example.com/",
        "http://127。0。0。1/",
        "http://localhost。/",
        "http://\u200elocalhost\u200e/",
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


# --- how a link is sent ---


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        (
            "https://art.example.com/March flyer [final].pdf",
            "https://art.example.com/March%20flyer%20%5Bfinal%5D.pdf",
        ),
        ("https://art.example.com/Gru\u00df.pdf", "https://art.example.com/Gru%C3%9F.pdf"),
        ("https://art.example.com/a b%20c.pdf", "https://art.example.com/a%20b%20c.pdf"),
        ("https://art.example.com/100% cotton.pdf", "https://art.example.com/100%25%20cotton.pdf"),
        ("https://art.example.com/dl?name=a b&x=[1]", "https://art.example.com/dl?name=a%20b&x=%5B1%5D"),
        (
            'https://art.example.com/a|b^c`{d}<e>"f\\g',
            "https://art.example.com/a%7Cb%5Ec%60%7Bd%7D%3Ce%3E%22f%5Cg",
        ),
        ("https://k\u00fcnste.example/a.pdf", "https://xn--knste-kva.example/a.pdf"),
        (" https://art.example.com/a\u200e.pdf\r\n", "https://art.example.com/a.pdf"),
    ],
)
def test_what_no_url_may_hold_is_percent_encoded(url: str, sent: str) -> None:
    assert sent_link(url) == sent


@pytest.mark.parametrize(
    "url",
    [
        "https://art.example.com/a%20b.pdf?X-Amz-Signature=ab%2Fc%3D&sig=x/y+z==",
        "http://files.example.com:8080/~sam/(1)/a,b;c.pdf?u=a@b:c#page=2",
        "https://[2606:4700::1111]/card.pdf",
        "https://user:word@files.example.com/card.pdf",
    ],
)
def test_a_link_that_is_encoded_already_stays_as_it_is(url: str) -> None:
    assert sent_link(url) == url


@given(st.text())
def test_a_link_is_encoded_once_not_twice(text: str) -> None:
    once = sent_link(f"https://art.example.com/{text}")
    assert sent_link(once) == once
    assert once.isascii() and " " not in once


# --- which links are the same file ---

BASE = "https://art.example.com/dl"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"{BASE}?doc=7", f"{BASE}?doc=8"),
        (f"{BASE}?doc=7&sig=1", f"{BASE}?doc=8&sig=1"),
        (f"{BASE}?doc=7", BASE),
        (f"{BASE}?se=1", f"{BASE}?se=2"),  # only beside a signature is this the expiry of one
        (f"{BASE}?policy=gold", f"{BASE}?policy=silver"),
        (f"{BASE}?versionId=1&X-Amz-Signature=a", f"{BASE}?versionId=2&X-Amz-Signature=a"),
        (f"{BASE}/a%2Fb.pdf", f"{BASE}/a/b.pdf"),
        ("https://art.example.com/A.pdf", "https://art.example.com/a.pdf"),
    ],
)
def test_any_other_difference_in_a_link_is_another_file(one: str, other: str) -> None:
    assert file_key(one) != file_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "?X-Amz-Signature=a&X-Amz-Date=1&X-Amz-Expires=9",
            "?X-Amz-Signature=b&X-Amz-Date=2&X-Amz-Expires=8",
        ),
        ("?doc=7&AWSAccessKeyId=k&Signature=a&Expires=1", "?doc=7&AWSAccessKeyId=k&Signature=b&Expires=2"),
        ("?sv=1&st=1&se=2&sr=b&sp=r&sig=a&skoid=1&spr=https", "?sv=2&st=2&se=3&sr=b&sp=r&sig=b&skoid=2"),
        ("?Expires=1&Signature=a&Key-Pair-Id=k&Policy=p", "?Expires=2&Signature=b&Key-Pair-Id=k&Policy=q"),
        ("?GoogleAccessId=g&Expires=1&Signature=a", "?GoogleAccessId=g&Expires=2&Signature=b"),
        ("?X-Goog-Signature=a&X-Goog-Date=1", "?x-goog-signature=b&x-goog-date=2"),
        ("?doc=7&token=a", "?doc=7&token=b"),
        ("?doc=7&TOKEN=a", "?doc=7"),
        ("?doc=7&token=YWI=", "?doc=7&token=YWM="),
        ("?a=1&b=2", "?b=2&a=1"),
        ("/a b.pdf", "/a%20b.pdf"),
        ("/%7Esam%2f.pdf", "/~sam%2F.pdf"),
        ("?doc=7#page=1", "?doc=7#page=2"),
    ],
)
def test_a_link_signed_anew_is_the_same_file(one: str, other: str) -> None:
    assert file_key(BASE + one) == file_key(BASE + other)


@given(st.text())
def test_a_file_is_the_same_when_its_link_comes_back_from_pace(text: str) -> None:
    url = f"https://art.example.com/{text}"
    assert file_key(sent_link(url)) == file_key(url)


def test_the_key_of_a_file_is_stored_so_it_stays_as_it_is() -> None:
    assert (
        file_key(" HTTPS://Art.Example.com/a%2fB.pdf?sig=x&Doc=7#p")
        == "https://art.example.com/a%2FB.pdf?Doc=7"
    )


def test_a_link_that_cannot_be_read_is_only_tidied() -> None:
    assert sent_link(" https://[art  x ") == "https://%5Bart%20x"
    # A wide bracket becomes a plain one when the host gets its form in ASCII, and no address can hold that.
    assert file_key(" https://\uff3bart/a  b.pdf ") == "https://\uff3bart/a b.pdf"


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("ftp://art.example.com/a.pdf", "begins with ftp: and not with https:"),
        (f"{'x' * 30}:a.pdf", f"begins with {'x' * 20}: and not with https:"),
        ("a.pdf", "is not a web address"),
    ],
)
def test_the_problem_of_a_link_without_https_names_what_stands_there(url: str, problem: str) -> None:
    assert link_problem(url) == problem
