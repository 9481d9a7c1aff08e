"""The pricing parameters of an item: what the buyer chose, as pairs of name and value."""

import re
from xml.etree import ElementTree

from automationhub.lib.texts import one_line

Options = tuple[tuple[str, str], ...]

MAX_XML = 500_000  # characters


def item_options(pricing_xml: str, options_text: str) -> Options:
    """The options in the pricing engine's XML, else those in the words shown to the buyer. Never fails: older items
    hold other text or none."""
    return _options_in_xml(pricing_xml) or _options_in_words(options_text)


def _options_in_xml(text: str) -> Options:
    """`PricingParms/Options/*`, each with a Key and a Value, whatever the middle element is called."""
    shouted = text[:MAX_XML].upper()
    # The parser would expand entities; a genuine pricing text declares none.
    if not text or len(text) > MAX_XML or "<!DOCTYPE" in shouted or "<!ENTITY" in shouted:
        return ()
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - no declarations, so nothing to expand
    except (ElementTree.ParseError, ValueError, LookupError):
        return ()
    pairs = [_pair(entry) for options in root if _local(options) == "options" for entry in options]
    return tuple((key, value) for key, value in pairs if key)


def _pair(entry: ElementTree.Element) -> tuple[str, str]:
    parts = {_local(child): one_line("".join(child.itertext())) for child in entry}
    return parts.get("key", ""), parts.get("value", "")


def _local(element: ElementTree.Element) -> str:
    """The element's name without namespace, in lower case; "" for a comment."""
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def _options_in_words(text: str) -> Options:
    """`Paper: 14pt; Sides: 2`, by semicolons or lines; a part without a colon is a name without a value."""
    parts = (part.partition(":") for part in re.split(r"[;\r\n]+", text))
    return tuple((key, one_line(value)) for name, _, value in parts if (key := one_line(name)))
