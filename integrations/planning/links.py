"""Links of files: how they are sent, which are the same file, and which Pace may fetch from inside the plant. Pure."""

import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import quote, urlsplit, urlunsplit

from automationhub.lib.network import leads_inside, plain_host
from automationhub.lib.texts import one_line

# What stands in a path or a query as it is (RFC 3986); a percent sign only in front of two hexadecimal digits.
_AS_THEY_ARE = "/?:@!$&'()*+,;=-._~%"
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
# An address without anything to encode, as nearly every link is.
_SENT_AS_IT_IS = re.compile(r"https?://[a-z0-9.:-]+/(?:[A-Za-z0-9/?:@!$&'()*+,;=\-._~]|%[0-9A-Fa-f]{2})+")
_ENCODED = re.compile(r"%[0-9A-Fa-f]{2}")

# Parameters of a signature or an expiry: they change from reading to reading of one file.
_SIGNING_PREFIXES = ("x-amz-", "x-goog-", "x-oss-signature", "x-ms-")
_SIGNING = frozenset(
    [
        "signature",
        "sig",
        "sign",
        "hmac",
        "expires",
        "expiry",
        "expire",
        "expiration",
        "exp",
        "awsaccesskeyid",
        "googleaccessid",
        "ossaccesskeyid",
        "key-pair-id",
        "token",
        "access_token",
        "access-token",
        "accesstoken",
        "auth_token",
        "authtoken",
        "sas",
        "sastoken",
        "jwt",
        "hdnea",
        "hdnts",
        "__token__",
        "security-token",
    ]
)
# Short names that mean a signature only beside one: of an Azure SAS, and of a CloudFront policy.
_AZURE = frozenset(
    [
        "se",
        "sp",
        "sv",
        "sr",
        "st",
        "spr",
        "sip",
        "si",
        "ss",
        "srt",
        "sdd",
        "skoid",
        "sktid",
        "skt",
        "ske",
        "sks",
        "skv",
        "saoid",
        "suoid",
        "scid",
        "ses",
    ]
)
_CLOUDFRONT = frozenset(("policy", "hash-algorithm"))

_PLAIN_PLACE = re.compile(r"[\w.:@%\[\]~!$&'()*+,;=-]+")
_HIDDEN_END = re.compile(r"%(?:2f|5c|40|23|3f|[01][0-9a-f]|20|7f)", re.IGNORECASE)


@lru_cache(maxsize=1024)  # asked for a link's check, its content file and its part
def sent_link(url: str) -> str:
    """The link as Pace is given it: characters that no URL may hold are percent-encoded, what is encoded stays so.

    A host outside ASCII becomes its `xn--` form. What cannot be read as an address is only tidied.
    """
    url = one_line(url)
    if _SENT_AS_IT_IS.fullmatch(url):
        return url
    try:
        scheme, place, path, query, fragment = urlsplit(url)
    except ValueError:
        return _encoded(url)
    return urlunsplit((scheme, _ascii_place(place), _encoded(path), _encoded(query), _encoded(fragment)))


def _encoded(text: str) -> str:
    return quote(_LONE_PERCENT.sub("%25", text), safe=_AS_THEY_ARE)


def _ascii_place(place: str) -> str:
    if place.isascii():
        return place
    try:
        return place.encode("idna").decode("ascii")
    except UnicodeError:
        return _encoded(place)


def file_key(url: str) -> str:
    """What makes a file the same file: its link as it is sent, without fragment and without parameters of a signature
    or an expiry. Any other difference in the query is another file."""
    try:
        scheme, place, path, query, _ = urlsplit(sent_link(url))
    except ValueError:
        return one_line(url)
    kept = _other_parameters(query)
    return urlunsplit((scheme, place.lower(), _normal(path), _normal(kept), ""))


def _other_parameters(query: str) -> str:
    parameters = [one for one in query.split("&") if one]
    named = [(one.partition("=")[0].lower(), one) for one in parameters]
    names = {name for name, _ in named}
    signing = set(_SIGNING)
    if "sig" in names:
        signing |= _AZURE
    if "signature" in names:
        signing |= _CLOUDFRONT
    kept = [one for name, one in named if name not in signing and not name.startswith(_SIGNING_PREFIXES)]
    return "&".join(sorted(kept))  # a service that signs anew may write them in another order


def _normal(text: str) -> str:
    """`%2f` and `%2F` are the same, and so are `%7E` and `~`."""

    def plain(found: re.Match[str]) -> str:
        char = chr(int(found.group()[1:], 16))
        return char if char.isascii() and (char.isalnum() or char in "-._~") else found.group().upper()

    return _ENCODED.sub(plain, text)


def link_problem(url: str, allowed: Iterable[str] = ()) -> str:
    """What is wrong with the link, as the end of "the link …"; "" when Pace may fetch it.

    Whoever places an order could otherwise have Pace call addresses that only Pace can reach, or read its files.
    `allowed` names hosts and networks of the plant that artwork may come from. The link is judged as it is sent. A public
    name that leads inside is not seen here: nothing is looked up.
    """
    return _link_problem(url, tuple(allowed))


@lru_cache(maxsize=1024)  # each link is asked about twice in a plan, and hosts are few
def _link_problem(url: str, allowed: tuple[str, ...]) -> str:
    try:
        typed, sent = urlsplit(url.strip()), urlsplit(sent_link(url))
        host, _ = plain_host(sent.hostname or ""), sent.port
    except ValueError:
        return "cannot be read"
    if sent.scheme not in ("http", "https"):
        return (
            f"begins with {sent.scheme[:20]}: and not with https:" if sent.scheme else "is not a web address"
        )
    # Programs do not agree where the host ends when a backslash, a blank or an encoded slash stands before it.
    if not host or not _PLAIN_PLACE.fullmatch(typed.netloc) or _HIDDEN_END.search(sent.netloc):
        return "names no host"
    return f"leads into an internal network ({host})" if _leads_inside(host, allowed) else ""


_leads_inside = lru_cache(maxsize=1024)(leads_inside)
