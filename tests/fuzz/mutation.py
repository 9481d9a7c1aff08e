"""Hostile inputs made from good ones: bytes turned, cut, doubled, spliced, and words that parsers trip over put in."""

from __future__ import annotations

from random import Random

MAX_LENGTH = 4_000

# What has broken parsers before.
NASTY = [
    b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\xaf", "\u2028".encode(), "＝".encode(),
    b"'", b'"', b"'\"", b"\\", b"\\u0000", b"\\ud800", b"]]>", b"<!--", b"-->", b"<![CDATA[", b"<!DOCTYPE a [<!ENTITY b \"c\">]>",
    b"&b;", b"&#0;", b"&#x110000;", b"&amp;", b"<?xml version='1.0' encoding='utf-7'?>", b"xmlns:a='b'", b"<a:b/>",
    b"=1+1", b"+1", b"-1", b"@SUM(1)", b"\t=x", b"\r\n", b"\n", b"\x85", b";", b",", b"sep=;\n", b'""', b" or 1=1", b" and @a != 'b'",
    b")", b"(", b"[", b"]", b"{", b"}", b"1e999999999", b"-0", b"NaN", b"Infinity", b"null", b"true", b"9" * 30, b"0." + b"1" * 70,
    b"169.254.169.254", b"http://127.1/", b"file:///etc/passwd", b"\x1b[2K", "\u202e".encode(),
]  # fmt: skip


def mutated(random: Random, seeds: list[bytes]) -> bytes:
    """A new input from one of the seeds, or from nothing."""
    data = bytearray(
        random.choice(seeds) if random.random() < 0.95 else random.randbytes(random.randrange(60))
    )
    for _ in range(random.choice((0, 1, 1, 2, 3, 5, 12))):
        _change(random, data, seeds)
    return bytes(data[:MAX_LENGTH])


def _change(random: Random, data: bytearray, seeds: list[bytes]) -> None:
    start = random.randrange(len(data) + 1)
    end = min(len(data), start + random.choice((1, 1, 2, 5, 30)))
    match random.randrange(7):
        case 0:
            data[start:start] = random.choice(NASTY)
        case 1:
            data[start:end] = random.choice(NASTY)
        case 2:
            del data[start:end]
        case 3:
            data[start:start] = data[start:end] * random.choice((1, 2, 50))
        case 4:
            data[start:end] = random.randbytes(end - start)
        case 5 if data:
            data[start - 1] ^= 1 << random.randrange(8)
        case _:
            other = random.choice(seeds)
            data[start:] = other[random.randrange(len(other) + 1) :]
