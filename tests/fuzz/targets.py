"""What is fuzzed, and what must hold whatever comes. A target takes bytes and raises when something does not hold."""

from __future__ import annotations

import base64
import csv
import hashlib
import hmac
import io
from collections.abc import Callable
from dataclasses import dataclass

import tablib

from automationhub.lib.logs import escape
from integrations.clients.pace.xpath import all_of, any_of, field_equals
from integrations.clients.pressero.options import item_options
from integrations.clients.pressero.webhooks import Envelope, InvalidEnvelope, match_scheme, parse_envelope
from integrations.enums import HashScheme
from integrations.errors import PermanentError
from integrations.planning.links import link_problem
from integrations.simulation.sandbox.pace.xpath import And, Or, Text, XPathComparison, parse_filter
from mappings.files import CsvFile, UnreadableFile, read
from mappings.spreadsheets import ShownValue
from mappings.spreadsheets.number_formats import shown_number, shown_text
from mappings.spreadsheets.shown import problem_with
from mappings.widgets import TextWidget, cell_text
from tests.fuzz.orders import order_is_handled
from tests.mappings import workbooks

KEY = "fuzz-security-key"
_STYLES = workbooks.number_formats("00000", "yyyy-mm-dd", '"SKU-"@')
_TEXTS = "<sst><si><t>BC14</t></si><si><r><t>a</t></r></si></sst>"


@dataclass(frozen=True)
class Target:
    """One reader with good inputs to begin from."""

    name: str
    check: Callable[[bytes], None]
    seeds: tuple[bytes, ...]


def pricing_xml(data: bytes) -> None:
    """Never fails; the options hold no more than the text did, so nothing was expanded or read from elsewhere."""
    text = data.decode("utf-8", "replace")
    options = item_options(text, "")
    assert all(isinstance(key, str) and isinstance(value, str) and key for key, value in options)
    assert sum(len(key) + len(value) for key, value in options) <= len(text)


def envelope(data: bytes) -> None:
    """An envelope that every column can hold, or InvalidEnvelope."""
    try:
        found = parse_envelope(data)
    except InvalidEnvelope as error:
        assert error.message.endswith(".")
        return
    _check_envelope(found)


def _check_envelope(found: Envelope) -> None:
    for text in (found.type_name, found.site_id, found.subscriber_id, found.message_id):
        text.encode()
        assert "\x00" not in text
    assert found.site_id
    assert found.order_number is None or 0 < found.order_number < 2**63
    assert found.item_seq is None or 0 < found.item_seq < 2**31
    assert found.type_number is None or abs(found.type_number) < 2**31
    assert not found.is_order_event or found.order_number is not None


def message_hash(data: bytes) -> None:
    """The first line is the header, the rest the body: it matches exactly when it is one of the documented hashes."""
    header_bytes, _, body = data.partition(b"\n")
    header = header_bytes.decode("utf-8", "replace")
    expected = _hashes(body)
    scheme = match_scheme(header, KEY, body)
    given = header.strip()
    genuine = given in expected or given.replace("-", "").lower() in {
        one for one in expected if len(one) == 40 and one == one.lower()
    }
    assert (scheme is not None) == genuine
    # And the hash of this very body always matches, in its own scheme.
    right = hashlib.sha1(KEY.encode() + body).hexdigest()  # noqa: S324 - Pressero's choice
    assert match_scheme(right.upper(), KEY, body) == HashScheme.KEY_BODY_HEX
    assert match_scheme(right, KEY, body + b"x") is None
    assert match_scheme(right, KEY + "x", body) is None


def _hashes(body: bytes) -> set[str]:
    """All hashes as the reference describes them, made without the client's code."""
    key = KEY.encode()
    inputs = [key + body, body + key]
    try:
        wide = body.decode().encode("utf-16-le")
        inputs += [KEY.encode("utf-16-le") + wide, wide + KEY.encode("utf-16-le")]
    except UnicodeDecodeError:
        pass
    digests = [hashlib.sha1(one).digest() for one in inputs]  # noqa: S324 - Pressero's choice
    digests.append(hmac.new(key, body, hashlib.sha1).digest())
    return {digest.hex() for digest in digests} | {base64.b64encode(digest).decode() for digest in digests}


def xpath(data: bytes) -> None:
    """Two values, one a line: Pace reads back the two comparisons that were meant, or the value is refused."""
    first, _, second = data.decode("utf-8", "surrogateescape").partition("\n")
    try:
        one, two = field_equals("email", first), field_equals("customer/custName", second)
    except PermanentError:
        return
    for joined, kind in ((all_of(one, two), And), (any_of(one, two), Or)):
        tree = parse_filter(joined)
        assert isinstance(tree, kind)
        terms = tree.terms
        assert [
            (str(term.path), term.operator, term.value) for term in terms if isinstance(term, XPathComparison)
        ] == [
            ("@email", "=", Text(first)),
            ("customer/@custName", "=", Text(second)),
        ]
        assert len(terms) == 2


def csv_file(data: bytes) -> None:
    """A file of rows, or a sentence that says what is wrong with it."""
    try:
        table = read(data)
    except UnreadableFile as error:
        assert error.problems
        assert all(str(problem)[-1] in ".?" for problem in error.problems)
        return
    assert all(len(row) == table.width for row in table)
    assert len(table.lines) == len(table)
    assert not any(problem_with(cell.strip()) for row in table for cell in row if isinstance(cell, str))


def workbook_sheet(data: bytes) -> None:
    """The XML of a sheet, in a whole workbook: rows, or sentences with line and column."""
    csv_file(workbooks.xlsx(data, styles=_STYLES, texts=_TEXTS))  # type: ignore[arg-type]


def number_format(data: bytes) -> None:
    """A number on the first line, its format on the second: what is shown, or that it cannot be said."""
    number, _, code = data.decode("utf-8", "replace").partition("\n")
    shown = shown_number(number, code)
    assert shown is None or isinstance(shown, int | ShownValue)
    assert isinstance(shown_text(number, code), str)


def csv_cell(data: bytes) -> None:
    """No cell goes out like a formula, and it comes back as it was."""
    widget = TextWidget()
    value = cell_text(data.decode("utf-8", "ignore"))
    cell = widget.render(value)
    assert not cell or cell[0] not in "=+-@\t\r\n＝＋－＠"
    assert widget.clean(cell) == value
    written = CsvFile().export_data(tablib.Dataset([cell, "end"], headers=["product", "last"]))
    text = written.decode() if isinstance(written, bytes) else written
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error:
        assert "\x00" in cell
        return
    assert rows == [["product", "last"], [cell, "end"]]


def link(data: bytes) -> None:
    """A link is judged, never an error; with an internal address in its host it is refused."""
    text = data.decode("utf-8", "replace")
    assert isinstance(link_problem(text), str)
    assert link_problem(f"http://10.0.0.1:80/{text}")
    assert link_problem(f"file:{text}")


def log_line(data: bytes) -> None:
    """One line, whatever was logged."""
    written = escape(data.decode("utf-8", "surrogateescape"))
    assert len(written.splitlines()) <= 1
    written.encode()


TARGETS = (
    Target(
        "pricing XML",
        pricing_xml,
        (
            b"<PricingParms><Options><Option><Key>Paper</Key><Value>14pt</Value></Option></Options></PricingParms>",
            b"<?xml version='1.0'?><p:PricingParms xmlns:p='urn:p'><Options><o><Key>Sides</Key><Value>2 &amp; 3</Value></o>"
            b"</Options><UOM>250</UOM></p:PricingParms>",
            b"<PricingParms><Options><a><Key><![CDATA[x]]></Key><!-- c --><Value/></a></Options></PricingParms>",
        ),
    ),
    Target(
        "webhook envelope",
        envelope,
        (
            b'{"Type": 10, "TypeName": "OrderPlaced", "Timestamp": "2026-03-04T15:22:31.27Z", "Data": {"OrderNumber": 10500, '
            b'"OrderItemSeq": 2, "Price": 1.50}, "SubscriberId": "s", "SiteId": "05000000", "MessageID": "m-1"}',
            b'\xef\xbb\xbf{"type":"17","data":{"x":[{"y":null}]},"siteid":" a ","messageid":7}',
        ),
    ),
    Target(
        "MessageHash",
        message_hash,
        (
            *(
                hashlib.sha1(KEY.encode() + body).hexdigest().encode() + b"\n" + body  # noqa: S324 - Pressero's choice
                for body in (b"", b'{"Type": 10}', "naïve ✓".encode())
            ),
            base64.b64encode(hmac.new(KEY.encode(), b"{}", hashlib.sha1).digest()) + b"\n{}",
        ),
    ),
    Target(
        "XPath quoting",
        xpath,
        (b"avery@example.com\nExample CU", b"o'brien@example.com\n12\" ruler", b'" or 1=1 or "\n\' and \'', "naïve\n✓".encode()),
    ),
    Target(
        "CSV files",
        csv_file,
        (
            b"storefront,product,match,item_template\n,Business Card,name,BC-TPL\n",
            b'sep=;\r\n"a;b";c\r\n"x ""y""";"line\r\nbreak"\r\n',
            b"\xef\xbb\xbfa\tb\n1\t2\n",
        ),
    ),
    Target(
        "workbook sheets",
        workbook_sheet,
        (
            workbooks.sheet(workbooks.header(), workbooks.texts(2, "", "BC14", "name", "T1")).encode(),
            workbooks.sheet(
                workbooks.header(3), workbooks.row(4, workbooks.number("B4", 501, 1), '<c r="C4" t="s"><v>0</v></c>',
                '<c r="D4"><f>A1</f></c>', '<c r="A4" t="e"><v>#REF!</v></c>'),
                after='<mergeCells><mergeCell ref="A4:A5"/></mergeCells>',
            ).encode(),
        ),
    ),
    Target("number formats", number_format, (b"501\n00000", b"1234.5\n#,##0.00;[Red](0)", b"46380.5\nyyyy-mm-dd h:mm AM/PM")),
    Target("CSV cells", csv_cell, (b"=HYPERLINK(1)", b"'=x", b"''+1", b"plain, \"quoted\"", b"a\r\nb", "＝1".encode())),
    Target("artwork links", link, (b"https://files.example.com/a%20b.pdf?sig=x", b"http://[::1]/x", b"a@10.0.0.1")),
    Target("orders", order_is_handled, (b"order", b"\x00\x01\x02", b"a kit of two")),
    Target("log lines", log_line, (b"Order 7: done", b"a\nb\x1b[2K", "naïve — ✓".encode())),
)  # fmt: skip
