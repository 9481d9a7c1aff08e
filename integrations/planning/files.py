"""Production files of items: their names, links and which job gets them (docs/mapping.md §7)."""

from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

from automationhub.lib.texts import one_line
from integrations.clients.schemas import OrderFile, PresseroItem, PresseroOrder
from integrations.planning.lineage import computed, pressero
from integrations.planning.links import sent_link
from integrations.planning.names import extension, job_name, sent_file_name
from integrations.planning.plan_types import Fields, PlannedFile, PlannedValue, StorefrontParameters

LARGEST_FILE_SIZE = 2**31 - 1  # bytes; Pace keeps the size of a ContentFile as a 32-bit integer
NumberedFile = tuple[int, OrderFile]


def numbered_files(item: PresseroItem) -> tuple[NumberedFile, ...]:
    """The item's files with their file numbers, from 1. A file without a link keeps its number but cannot be sent."""
    return tuple(enumerate(item.files, start=1))


def file_numbers(item: PresseroItem) -> tuple[int, ...]:
    """The file numbers that make a job each in split mode: one per file, 1 for an item without files."""
    return tuple(number for number, _ in numbered_files(item)) or (1,)


def job_number_for(number: int, existing: Sequence[int]) -> int:
    """The file number of the job that a later file belongs to: its own, else the item's last job (docs/mapping.md §7)."""
    return number if number in existing else max(existing)


def file_name(
    order: PresseroOrder, item: PresseroItem, file: NumberedFile, storefront: StorefrontParameters
) -> PlannedValue:
    """The name the file has in Pace."""
    number, artwork = _named(file)
    if not storefront.override_file_name:
        return pressero(one_line(artwork.name), f"item {item.seq}: name of file {number}")
    name = job_name(order.number, item, number, storefront.override_job_name)
    ending = (
        f' and the extension of "{artwork.name}"'
        if extension(artwork.name)
        else ", as the file has no extension"
    )
    return computed(sent_file_name(artwork, name, override=True), f"Override file name: the job name{ending}")


def content_file(
    order: PresseroOrder,
    item: PresseroItem,
    file: NumberedFile,
    storefront: StorefrontParameters,
    customer: PlannedValue,
) -> PlannedFile:
    """The ContentFile of one file; its link is the direct one, with the original name. A size that Pace cannot hold
    is left out."""
    number, artwork = file
    where = f"item {item.seq}: file {number}"
    fields: Fields = {
        "fileName": file_name(order, item, file, storefront),
        "fileUrl": _link(artwork, where),
        "customer": customer,
    }
    if artwork.size is not None and artwork.size <= LARGEST_FILE_SIZE:
        fields["fileSize"] = pressero(artwork.size, f"{where}, size in bytes")
    return PlannedFile(fields, item.seq, number)


def part_file_fields(
    order: PresseroOrder, item: PresseroItem, file: NumberedFile, storefront: StorefrontParameters
) -> Fields:
    """The paceConnect fields of a part, from its first file. The size is a text in Pace, in bytes."""
    number, artwork = _named(file)
    where = f"item {item.seq}: file {number}"
    fields: Fields = {
        "paceConnectFileName": file_name(order, item, file, storefront),
        "paceConnectURL": _link(artwork, where),
    }
    if ending := extension(artwork.name):
        fields["paceConnectFileType"] = computed(ending, f"{where}, extension of its name")
    if artwork.size is not None:
        fields["paceConnectFileSize"] = pressero(str(artwork.size), f"{where}, size in bytes")
    return fields


def _link(artwork: OrderFile, where: str) -> PlannedValue:
    link = sent_link(artwork.url)
    if link == artwork.url:
        return pressero(link, f"{where}, direct link")
    return pressero(link, f"{where}, direct link with the characters encoded that no URL may hold")


def unsafe_link(number: int, file: OrderFile, problem: str) -> str:
    """The sentence for a link that Pace is not told to fetch (links.py)."""
    return (
        f'the link of file {number} "{file.name}" {problem}, so it is not passed to Pace. Correct the file in Pressero; '
        "if artwork is stored on that host, ask your administrator to add it to ARTWORK_INTERNAL_HOSTS."
    )


def _named(file: NumberedFile) -> NumberedFile:
    """A file without a name is called as its link ends."""
    number, artwork = file
    if artwork.name.strip():
        return file
    name = unquote(urlsplit(artwork.url).path.rsplit("/", 1)[-1]) or f"file {number}"
    return number, OrderFile(name, artwork.url, artwork.kind, artwork.size)
