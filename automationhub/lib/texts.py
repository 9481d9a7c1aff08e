"""Texts as they are kept and as they are compared: one place for orders, mapping rows, spreadsheets and forms. Pure.

Texts come from strangers, typed or pasted: with line breaks where one line is meant, with characters that cannot be seen,
and with what no database can hold. Nothing here ever fails.
"""

import re
import unicodedata
from functools import lru_cache

# Joiners make a letter or an emoji look as it should and stay in texts that people read; comparisons ignore them too.
_JOINERS = frozenset("\u200c\u200d")
_FLAG_TAGS = range(0xE0020, 0xE0080)
# Characters without a glyph that Unicode counts as letters or marks.
_HIDDEN_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0") | {
    chr(code) for code in range(0xFE00, 0xFE10)
}
_BREAKS = frozenset(("Cc", "Zl", "Zp", "Zs"))
_UNSTORABLE = "Cs"  # half characters; NUL is the other thing that no database can hold
# Latin letters that Unicode does not take apart into a letter and an accent.
_PLAIN_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "ŧ": "t"}
)
_GUID = re.compile(r"[{(]?([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})[)}]?", re.ASCII | re.IGNORECASE)


def is_blank(text: str) -> bool:
    """Whether the text shows nothing: empty, blanks, or only characters that cannot be seen."""
    return not one_line(text)


def one_line(text: str) -> str:
    """The text as one line: line breaks, tabs and control characters become blanks, runs of blanks one, outer ones none.

    Characters that cannot be seen and those that no database can hold are left out.
    """
    if text.isprintable():  # the usual case: nothing but blanks to tidy
        return " ".join(text.split())
    return " ".join(_printable(text).split())


def lines(text: str) -> str:
    """The text line by line, for fields that hold several: each as in `one_line` but with its inner blanks, joined by
    plain line feeds, without empty lines at the start and the end."""
    if text.isprintable():
        return text.strip()
    return "\n".join(_printable(line).rstrip() for line in text.splitlines()).strip()


def storable(text: str, *, nul: str = "") -> str:
    """The text as every database can hold it: `nul` for each NUL character, a question mark for half a character."""
    if text.isascii() and "\x00" not in text:  # the usual case, and audit entries are many
        return text
    return text.replace("\x00", nul).encode("utf-8", "replace").decode()


def _printable(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(_shown(char) for char in text)


def _shown(char: str) -> str:
    category = unicodedata.category(char)
    if char == "\x00" or category == _UNSTORABLE:
        return ""
    if category in _BREAKS:
        return " "
    if category == "Cf" and char not in _JOINERS and ord(char) not in _FLAG_TAGS:
        return ""
    return char


def compared(text: str) -> str:
    """The text as names are compared: without case, accents, doubled and no-break blanks, and invisible characters.

    A GUID is compared without the braces that some programs put around it.
    """
    usual = text.isascii() and text.isprintable()
    folded = " ".join(text.lower().split()) if usual else _folded(text)
    return guid(folded) if folded[:1] in ("{", "(") else folded


@lru_cache(maxsize=4096)  # an order's texts, and the rows it is compared with, are largely the same few
def _folded(text: str) -> str:
    seen = "".join(_usual(char) for char in _printable(text) if not _is_hidden(char))
    folded = unicodedata.normalize("NFD", unicodedata.normalize("NFC", seen).casefold())
    kept: list[str] = []
    latin = False
    for char in folded:
        if unicodedata.combining(char):
            # Only an accent on a Latin or Greek letter is one: elsewhere the mark makes another letter.
            if not latin:
                kept.append(char)
        else:
            latin = char < "\u0400"
            kept.append(char)
    plain = unicodedata.normalize("NFC", "".join(kept)).translate(_PLAIN_LETTERS)
    return " ".join(plain.split())


def _usual(char: str) -> str:
    """A wide digit or a ligature as what it stands for; not where one character stands for a whole phrase."""
    usual = unicodedata.normalize("NFKC", char)
    return usual if len(usual) <= 2 else char


def _is_hidden(char: str) -> bool:
    return char in _HIDDEN_LETTERS or unicodedata.category(char) == "Cf"


_MARKS_IN_WORDS = re.compile(r"(?<!\d)[.'’]|[.'’](?!\d)")  # "P.O." and "O'Hara", not "12.5"
_NOT_ALNUM = re.compile(r"[\W_]+")


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """The text as parts of addresses are compared: as in `compared`, and without punctuation ("P.O. Box 7," is
    "po box 7")."""
    return _NOT_ALNUM.sub(" ", _MARKS_IN_WORDS.sub("", compared(text))).strip()


def guid(text: str) -> str:
    """An id in the one form it is kept in: a GUID without braces and in lower case, anything else as one line."""
    line = one_line(text)
    found = _GUID.fullmatch(line)
    return found.group(1).lower() if found else line


# --- email addresses ------------------------------------------------------------------------------------------

_SEPARATORS = re.compile(r"[;,|]")


def email_key(text: str) -> str:
    """An email address as it is compared: without case, blanks and invisible characters."""
    return "".join(compared_email(text).casefold().split())


def compared_email(text: str) -> str:
    """An email address as it is sent: one line without invisible characters."""
    line = one_line(text)
    return line if line.isascii() else "".join(char for char in line if not _is_hidden(char))


def email_addresses(text: str) -> tuple[str, ...]:
    """The addresses of a field that may hold several (`a@x.com; b@x.com`, `Jo <a@x.com>`), each once, in their order.

    A text that holds no address at all is given back as the only one: what is wrong with it is for others to say.
    """
    found: dict[str, str] = {}
    pieces = [piece for line in text.splitlines() for piece in _SEPARATORS.split(compared_email(line))]
    for piece in pieces:
        for one in _addresses_in(piece):
            found.setdefault(one.casefold(), one)
    whole = compared_email(text)
    return tuple(found.values()) or ((whole,) if whole else ())


def first_email(text: str) -> str:
    """The first address of a field that may hold several; "" when it holds nothing."""
    return next(iter(email_addresses(text)), "")


def holds_email(field: str, address: str) -> bool:
    """Whether an address is among those of a field, whatever its case and invisible characters."""
    return email_key(address) in {email_key(one) for one in email_addresses(field)}


def _addresses_in(piece: str) -> list[str]:
    if named := re.findall(r"<([^<>]*@[^<>]*)>", piece):
        return [_bare(one) for one in named]
    words = piece.split()
    # "a@x.com b@x.com" are two; a blank inside one address ("jo miller@x.com") is not for us to remove.
    bare = words if all("@" in word for word in words) else [piece.strip()]
    return [_bare(one) for one in bare if "@" in one]


def _bare(address: str) -> str:
    bare = address.strip().strip("<>()[]\"'").strip()
    return bare[7:] if bare[:7].lower() == "mailto:" else bare
