"""The parts of a workbook, unpacked and parsed in bounded memory.

A workbook is a ZIP file of XML parts. Both can claim little and unpack to gigabytes, so sizes are checked before and while
a part is unpacked, and the parser stops at what would make it hold too much: a document type, deep nesting, an endless tag.
"""

import io
import posixpath
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from xml.parsers import expat

from mappings.spreadsheets.limits import MEGABYTE, SheetLimits
from mappings.spreadsheets.problems import UnreadableFile

NOT_A_WORKBOOK = "The file is not an XLSX workbook."
DAMAGED = "The workbook is damaged: open it in a spreadsheet program and save it again as .xlsx."
TOO_MANY_CELLS = (
    "The workbook has too many cells, even if they are empty. Copy the rows of the table into a new workbook, or save "
    "the sheet as CSV."
)
CHUNK = 64 * 1024
# A workbook has a few dozen parts and its parts nest a dozen levels; real ones stay far below.
MOST_PARTS = 10_000
DEEPEST = 64
LONGEST_TOKEN = MEGABYTE
_DIRECTORY_ENTRY = b"PK\x01\x02"

StartHandler = Callable[[str, Mapping[str, str]], None]
EndHandler = Callable[[str], None]
TextHandler = Callable[[str], None]


class EnoughRead(Exception):
    """Raised by a handler that needs nothing more of a part."""


class WorkbookPackage:
    """An opened workbook file. All that is unpacked counts against one limit."""

    def __init__(self, content: bytes, limits: SheetLimits) -> None:
        self.limits = limits
        self.unpacked = self.tags = 0
        if content.count(_DIRECTORY_ENTRY) > MOST_PARTS:
            raise UnreadableFile(NOT_A_WORKBOOK)
        try:
            self.zip = zipfile.ZipFile(io.BytesIO(content))
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
            raise UnreadableFile(NOT_A_WORKBOOK) from error
        # Some programs write part names in another case than they refer to them.
        self.parts = {info.filename.lower(): info for info in self.zip.infolist()}

    def has(self, part: str) -> bool:
        return part.lower() in self.parts

    def relations(self, part: str) -> dict[str, tuple[str, str]]:
        """What a part refers to: id -> the kind of relation and the path of the other part."""
        folder, name = posixpath.split(part)
        found: dict[str, tuple[str, str]] = {}

        def start(tag: str, attributes: Mapping[str, str]) -> None:
            if tag == "Relationship":
                target = posixpath.normpath(posixpath.join("/", folder, attributes.get("Target", ""))).lstrip(
                    "/"
                )
                kind = posixpath.basename(attributes.get("Type", ""))
                found[attributes.get("Id", "")] = (kind, target)

        relations = posixpath.join(folder, "_rels", f"{name}.rels")
        if self.has(relations):
            self.parse(relations, start)
        return found

    def parse(
        self,
        part: str,
        start: StartHandler,
        end: EndHandler | None = None,
        text: TextHandler | None = None,
    ) -> None:
        """Have the handlers called for a part's tags, without their namespaces, and its texts."""
        parser = expat.ParserCreate()
        parser.buffer_text = True
        depth = 0

        def on_start(tag: str, attributes: dict[str, str]) -> None:
            nonlocal depth
            depth += 1
            self.tags += 1
            if depth > DEEPEST:
                raise UnreadableFile(DAMAGED)
            if self.tags > self.limits.tags:
                raise UnreadableFile(TOO_MANY_CELLS)
            start(tag.rpartition(":")[2], attributes)

        def on_end(tag: str) -> None:
            nonlocal depth
            depth -= 1
            if end is not None:
                end(tag.rpartition(":")[2])

        def on_doctype(*_: object) -> None:
            raise UnreadableFile(DAMAGED)

        parser.StartElementHandler = on_start
        parser.EndElementHandler = on_end
        parser.StartDoctypeDeclHandler = on_doctype
        if text is not None:
            parser.CharacterDataHandler = text
        try:
            fed = 0
            for chunk in self._chunks(part):
                parser.Parse(chunk, False)
                fed += len(chunk)
                if fed - max(0, parser.CurrentByteIndex) > LONGEST_TOKEN:
                    raise UnreadableFile(DAMAGED)
            parser.Parse(b"", True)
        except EnoughRead:
            return
        except (expat.ExpatError, ValueError, LookupError) as error:
            if isinstance(error, UnreadableFile):
                raise
            raise UnreadableFile(DAMAGED) from error

    def _chunks(self, part: str) -> Iterator[bytes]:
        info = self.parts.get(part.lower())
        if info is None or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise UnreadableFile(DAMAGED)
        self._count(0, info.file_size)
        try:
            with self.zip.open(info) as stream:
                while chunk := stream.read(CHUNK):
                    self._count(len(chunk))
                    yield chunk
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            OSError,
            RuntimeError,
            NotImplementedError,
        ) as error:
            # RuntimeError: the part has a password.
            raise UnreadableFile(DAMAGED) from error

    def _count(self, size: int, announced: int = 0) -> None:
        """Refuse what unpacks to too much: by what the file says of itself, and by what really comes."""
        self.unpacked += size
        total = self.unpacked + announced
        if total > self.limits.unpacked_bytes:
            raise UnreadableFile(
                f"The workbook unpacks to more than {self.limits.unpacked_bytes // MEGABYTE} MB, which is too much to "
                "read. Copy the rows of the table into a new workbook, or save the sheet as CSV."
            )
