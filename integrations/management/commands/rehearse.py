"""`manage.py rehearse [--config FILE | --version N | --mappings KIND FILE] [--orders N] [--storefront NAME] [--json]`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.management.commands.hub_config import read_configuration
from integrations.management.lookups import storefront_named
from integrations.operations.setup import rehearsal
from integrations.operations.setup.configuration import ConfigurationError
from integrations.operations.setup.rehearsal import Rehearsal, RehearsalChange
from integrations.operations.setup.versions import NoSuchVersion
from integrations.planning.plan_diff import by_field
from mappings.errors import MappingError

# Below this many orders a rehearsal is quick enough to need no progress.
QUIET_ORDERS = 200
PROGRESS_EVERY = 100
SHOWN_ORDERS = 10


class Command(BaseCommand):
    help = (
        "Plans the last orders again with the configuration as it would be, and lists what would come out differently. "
        "Keeps nothing and calls no other system."
    )

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        # Django's own `--version` prints its release; here it takes the number of a version.
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        change = parser.add_mutually_exclusive_group()
        change.add_argument("--config", metavar="FILE", help="a configuration file (- for standard input)")
        change.add_argument("--version", type=_version, metavar="N", help="a version of the configuration")
        change.add_argument(
            "--mappings", nargs=2, metavar=("KIND", "FILE"), help="a file of one kind of mapping"
        )
        parser.add_argument(
            "--orders", type=_count, default=rehearsal.ORDERS, metavar="N", help="how many (200)"
        )
        parser.add_argument("--storefront", metavar="NAME", help="only orders of this storefront")
        parser.add_argument("--json", action="store_true", help="the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        storefront = storefront_named(options["storefront"]) if options["storefront"] else None
        change = self._change(options)
        result = rehearsal.rehearse(
            change, orders=options["orders"], storefront=storefront, progress=self._progress
        )
        for one in result.unreadable:
            self.stderr.write(f"Order {one.number} was left out. {one.reason}")
        if options["json"]:
            self.stdout.write(json.dumps(result.as_data(), ensure_ascii=False, indent=1))
            return
        for line in as_text(result):
            self.stdout.write(line)

    def _change(self, options: dict[str, Any]) -> RehearsalChange:
        try:
            if options["config"]:
                return rehearsal.of_configuration(read_configuration(options["config"]))
            if options["version"] is not None:
                return rehearsal.of_version(options["version"])
            if options["mappings"]:
                return rehearsal.of_mappings(*options["mappings"])
        except (ConfigurationError, rehearsal.CannotRehearse) as error:
            reasons = "\n".join(f"  {reason}" for reason in error.reasons)
            raise CommandError(f"The change cannot be applied, so nothing was planned.\n{reasons}") from error
        except (NoSuchVersion, MappingError) as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{options['mappings'][1]} cannot be read: {error.strerror}.") from error
        return RehearsalChange()

    def _progress(self, done: int, of: int) -> None:
        if of > QUIET_ORDERS and (done % PROGRESS_EVERY == 0 or done == of):
            self.stderr.write(f"{done} of {of} orders planned")


def _version(text: str) -> int:
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"“{text}” is not the number of a version")
    return int(text)


def _count(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) <= rehearsal.MOST_ORDERS:
        raise argparse.ArgumentTypeError(f"write a number from 1 to {rehearsal.MOST_ORDERS}, not “{text}”")
    return int(text)


def as_text(result: Rehearsal) -> Iterator[str]:
    """The result for reading: the summary, then every field that differs with the orders and values."""
    yield summary(result)
    for (name, field), found in by_field(tuple(result.differences)).items():
        yield ""
        yield f"{name} {field}: {_orders(len({one.order for one in found}))}"
        for one in found[:SHOWN_ORDERS]:
            yield f"    order {one.order}, {one.object}: {_shown(one.before)} → {_shown(one.after)}"
        if len(found) > SHOWN_ORDERS:
            yield f"    and {len(found) - SHOWN_ORDERS} more"
    for title, numbers in (("Would stop", result.stops), ("Would go through", result.recovers)):
        if numbers:
            yield ""
            yield f"{title}: {', '.join(map(str, numbers))}"


def summary(result: Rehearsal) -> str:
    """The result in one sentence."""
    if not result.orders:
        return "There is no order to plan."
    changed, stops, recovers = result.changed, len(result.stops), len(result.recovers)
    return (
        f"Of the last {_orders(result.orders)}, {changed} would be planned differently, {stops} would stop, "
        f"{recovers} that stopped would go through."
    )


def _orders(number: int) -> str:
    return "1 order" if number == 1 else f"{number} orders"


def _shown(value: Any) -> str:
    return "empty" if value in (None, "") else str(value).replace("\n", " / ")
