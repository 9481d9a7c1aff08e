"""The signature over the raw bytes."""

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.clients.pressero.webhooks import match_scheme, variants
from integrations.enums import HashScheme

KEY = "s3cret kéy"
RAW = '{"Type": 10, "Note": "größer"}'.encode()
SCHEMES = [scheme.value for scheme in HashScheme if scheme is not HashScheme.AUTO]


def sha1(data: bytes) -> bytes:
    return hashlib.sha1(data).digest()  # noqa: S324 - Pressero's choice


def test_every_scheme_of_the_settings_is_tried() -> None:
    assert sorted(variants(KEY, RAW)) == sorted(SCHEMES)


def test_the_likeliest_scheme_is_sha1_of_key_and_body() -> None:
    digest = sha1(KEY.encode() + RAW)
    assert variants(KEY, RAW)["key+body:hex"] == digest.hex()
    assert variants(KEY, RAW)["key+body:b64"] == base64.b64encode(digest).decode()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_discovery_names_the_scheme(scheme: str) -> None:
    assert match_scheme(variants(KEY, RAW)[scheme], KEY, RAW) == scheme


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_fixed_scheme_accepts_itself_alone(scheme: str) -> None:
    accepted = [name for name, value in variants(KEY, RAW).items() if match_scheme(value, KEY, RAW, scheme)]
    assert accepted == [scheme]


@pytest.mark.parametrize("scheme", [name for name in SCHEMES if name.endswith("hex")])
def test_hexadecimal_may_be_written_in_any_way(scheme: str) -> None:
    text = variants(KEY, RAW)[scheme]
    dashed = "-".join(text[at : at + 2] for at in range(0, len(text), 2))
    for written in (text.upper(), dashed, dashed.upper(), f" {text} "):
        assert match_scheme(written, KEY, RAW) == scheme


@pytest.mark.parametrize("scheme", [name for name in SCHEMES if name.endswith("b64")])
def test_base64_is_exact(scheme: str) -> None:
    assert match_scheme(variants(KEY, RAW)[scheme].swapcase(), KEY, RAW) is None


@pytest.mark.parametrize("header", ["", "  ", "0" * 40, "ünïcode", "\ud800", "=" * 28])
def test_a_wrong_header_matches_nothing(header: str) -> None:
    assert match_scheme(header, KEY, RAW) is None


def test_another_key_or_body_matches_nothing() -> None:
    header = variants(KEY, RAW)["key+body:hex"]
    assert match_scheme(header, "other", RAW) is None
    assert match_scheme(header, KEY, RAW + b" ") is None


def test_an_empty_key_signs_nothing() -> None:
    assert match_scheme(sha1(RAW).hex(), "", RAW) is None


def test_a_body_that_is_no_utf8_has_the_variants_of_bytes() -> None:
    raw = b"\xff\xfe"
    assert match_scheme(sha1(KEY.encode() + raw).hex(), KEY, raw) == "key+body:hex"
    assert not any("utf16" in name for name in variants(KEY, raw))


def test_an_unknown_scheme_is_an_error() -> None:
    with pytest.raises(ValueError, match="md5"):
        match_scheme("x", KEY, RAW, "md5")


@given(st.text(min_size=1), st.binary())
def test_any_body_matches_its_own_hashes(key: str, raw: bytes) -> None:
    for name, value in variants(key, raw).items():
        assert match_scheme(value, key, raw, name) == name


@given(st.text(), st.text(), st.binary())
def test_no_header_makes_it_fail(header: str, key: str, raw: bytes) -> None:
    match_scheme(header, key, raw)
