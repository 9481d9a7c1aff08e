"""One random history: a shop with its buyers, a queue and a network that cannot be trusted, staff, and time.

Everything is drawn from one random number generator: the same seed is the same history.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import connection
from django.test import Client

from integrations.core.workqueue import orders
from integrations.enums import OrderStatus
from integrations.errors import NotAllowed
from integrations.models import Order, Storefront
from integrations.operations import order_actions
from integrations.orders.submission import runner
from integrations.orders.submission.reconcile import reconcile
from integrations.simulation.demo.configuration import ACCOUNT_SLUG, SECURITY_KEY
from integrations.simulation.sandbox.pressero import ItemDraft, OrderDraft
from integrations.simulation.sandbox.pressero.webhooks import Event, message_hash
from tests.histories.expectations import LATE, Expectations
from tests.histories.stage import START, Actor, Stage, Weather
from tests.histories.wire import Wire

PLAIN = ("Example CU Store", "avery@example.com")
APPROVING = ("Sample Health Portal", "riley@example.com")
# One job for each file; neither the buyer nor the customer is known to Pace, so orders race to create them.
SPLIT = ("Demo University Shop", "casey@example.com")

MOST_ACTORS = 4
STEPS = 40
PASSING = [1, 3, 5, 20, 60, 160, 400, 1200]
CALM = Weather()
# The longest call and the quiet period (wire.py: "late").
LONGEST_COMMIT_SECONDS = 120


@dataclass
class History:
    """What happens, one step after the other, and what must hold after each."""

    stage: Stage
    wire: Wire
    queue: list[int] = field(default_factory=list)
    mail: list[Event] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    lived: timedelta = timedelta(0)
    _seen_events: int = 0
    _backup: sqlite3.Connection | None = None

    def __post_init__(self) -> None:
        self.rng = self.stage.rng
        self.shop = self.wire.pressero
        self.client = Client(raise_request_exception=False)
        self.expect = Expectations(self.wire.pace, self.shop)
        self.most_orders = self.rng.choice([1, 1, 2])

    # --- the whole ---

    def live(self, steps: int = STEPS) -> None:
        """A stormy time, then a calm one at the end of which nothing may be left open."""
        self.place()
        for _ in range(steps):
            self.step()
            self.expect.always()
        self.stage.say("--- the weather clears ---")
        self.stage.weather = CALM
        self.settle()
        if self.stage.crashes:
            raise self.stage.crashes[0]
        self.expect.at_the_end()
        self.lived = self.stage.now() - START

    def step(self) -> None:
        actions: list[tuple[Callable[[], None], float]] = [
            (self.resume, 10 if self.stage.actors else 0),
            (self.take_message, 5 if self.queue else 0),
            (self.deliver_event, 4 if self.mail else 0),
            (self.place, 1 if len(self.numbers) < self.most_orders else 0),
            (self.decide, 2),
            (self.edit, 0.7),
            (self.sweep, 2),
            (self.reconcile, 0.4),
            (self.staff, 0.7),
            (self.wake_at_random, 0.7),
            (lambda: self.stage.let_pass(self.rng.choice(PASSING)), 2.5),
            (self.change_settings, self.stage.weather.settings),
            # Only SQLite's database can be copied while the test is connected to it.
            (self.back_up_or_restore, self.stage.weather.restore if connection.vendor == "sqlite" else 0),
        ]
        [action] = self.rng.choices([act for act, _ in actions], [weight for _, weight in actions])
        action()
        self._collect_events()

    def settle(self) -> None:
        """No more faults; every decision is made; the hub's own clock work goes on for some hours."""
        while self.stage.actors:
            self.resume()
        for number in self.numbers:
            while self.open_items(number):
                self.decide(number)
        self._collect_events()
        for round_ in range(24):
            self.stage.let_pass(660)
            # Its schedule is every quarter of an hour. An order whose files seem complete is read again once an hour.
            if round_ in (1, 8):
                self.reconcile()
            self.sweep()
            self.finish_all()
            if round_ in (1, 3):
                self.staff_help_out()
            if round_ > 8 and not Order.objects.filter(due_at__isnull=False).exists():
                break

    def finish_all(self) -> None:
        while self.queue or self.stage.actors:
            if self.queue and (not self.stage.actors or self.rng.random() < 0.5):
                self.work(self.queue.pop(0))
            else:
                self.resume()
            self.expect.always()

    # --- the hub's processes ---

    def run(self, role: str, work: Callable[[], object]) -> None:
        """Begin something, when not too much is under way; the storm leaves some of it lying at once."""
        if len(self.stage.actors) >= MOST_ACTORS:
            self.resume()
            return
        self.stage.go_on(self.stage.start(role, work))

    def resume(self) -> None:
        actor: Actor = self.rng.choice(self.stage.actors)
        if self.rng.random() < self.stage.weather.kill:
            self.stage.kill(actor)
        self.stage.go_on(actor)

    def work(self, order_id: int) -> None:
        self.run("worker", lambda: runner.process(order_id))

    def take_message(self) -> None:
        """A queue loses messages, repeats them and mixes them up."""
        position = self.rng.randrange(len(self.queue))
        fate = self.rng.random()
        order_id = self.queue[position] if fate < 0.15 else self.queue.pop(position)
        if fate < 0.9:
            self.work(order_id)

    def wake_at_random(self) -> None:
        """A message from nowhere."""
        if ids := list(Order.objects.order_by("pk").values_list("pk", flat=True)):
            self.work(self.rng.choice(ids))

    def sweep(self) -> None:
        force = self.rng.random() < 0.2
        self.run("sweep", lambda: orders.wake_due_orders(force=force))

    def reconcile(self) -> None:
        self.run("reconcile", reconcile)

    def deliver_event(self) -> None:
        """Events come late, twice, in any order, or never."""
        position = self.rng.randrange(len(self.mail))
        fate = self.rng.random()
        event = self.mail[position] if fate < 0.15 else self.mail.pop(position)
        if fate > 0.9:
            self.stage.say(f"{event.name} of order {event.order_number} is lost")
            return
        self.stage.say(f"{event.name} of order {event.order_number} comes")
        self.run("web", lambda: self._post(event))

    def _post(self, event: Event) -> None:
        answer = self.client.post(
            f"/api/pressero/{ACCOUNT_SLUG}/events/",
            data=event.body,
            content_type="application/json",
            headers={"MessageHash": message_hash("key+body:hex", SECURITY_KEY, event.body)},
        )
        if answer.status_code >= 500:
            self.mail.append(event)  # Pressero may try again
        else:
            assert answer.status_code in (200, 202), answer.content

    def _collect_events(self) -> None:
        new = self.shop.events[self._seen_events :]
        self._seen_events += len(new)
        self.mail += new

    # --- people ---

    def place(self) -> None:
        site, buyer = self.rng.choice([PLAIN, APPROVING, APPROVING, SPLIT])
        items = [
            ItemDraft(
                "Poster 18x24",
                # The quantity tells the items of all orders apart.
                quantity=1000 * (len(self.numbers) + 1) + seq,
                price="10.00",
                method="Ground",
                needs_approval=(site == APPROVING[0]),
                files=[f"{seq}-{name}.pdf" for name in range(self.rng.randint(0, 2))],
            )
            for seq in range(1, self.rng.randint(1, 2) + 1)
        ]
        # Pressero's API and lists show a new order later than its events tell of it.
        hidden = self.rng.choice([0, 0, 20, 400])
        self.shop.store.visible_after_calls = 10**6 if hidden else 0
        self.numbers.append(self.shop.place(OrderDraft(site, buyer, items)))
        placed = self.shop.store.order(self.numbers[-1])
        self.stage.later(hidden, lambda: setattr(placed, "hidden_reads", 0))
        self.stage.say(f"order {placed.number} is placed at {site}")

    def open_items(self, number: int) -> list[int]:
        return [item.seq for item in self.shop.store.order(number).items if item.is_pending]

    def decide(self, number: int = 0) -> None:
        number = number or self.rng.choice(self.numbers)
        if not (waiting := self.open_items(number)):
            return
        seq = self.rng.choice(waiting)
        verdict = self.shop.deny if self.rng.random() < 0.3 else self.shop.approve
        verdict(number, seq)
        self.stage.say(f"item {seq} of order {number}: {verdict.__name__}")

    def edit(self) -> None:
        order = self.shop.store.order(self.rng.choice(self.numbers))
        seq = self.rng.choice(order.items).seq
        if self.rng.random() < 0.5 and order.site.name != SPLIT[0]:
            self.shop.add_files(order.number, seq, [f"{LATE}{len(self.shop.events)}.pdf"])
        else:
            self.shop.edit_item(order.number, seq, notes=f"Changed {self.rng.randint(1, 9)}")

    def staff(self) -> None:
        """Buttons are pressed at any time, also when they make no sense."""
        rows = list(Order.objects.order_by("pk"))
        if not rows:
            return
        row = self.rng.choice(rows)
        act = self.rng.choice(
            [
                order_actions.retry,
                order_actions.retry,
                order_actions.process_again,
                order_actions.hold,
                order_actions.release_hold,
            ]
        )
        self.run("staff", lambda: _if_allowed(act, row))

    def change_settings(self) -> None:
        """A storefront's "one job per item" is switched, whatever is under way."""
        storefront = self.rng.choice(list(Storefront.objects.order_by("pk")))
        storefront.one_job_per_item = not storefront.one_job_per_item
        self.stage.say(f"one job per item is {storefront.one_job_per_item} at {storefront.name}")
        storefront.save()

    def back_up_or_restore(self) -> None:
        """First a backup is made, later it is put back: the hub forgets what came since, and all its processes are new.

        They are started as docs/growing.md says: when no commit of the old ones can be applied any more.
        """
        connection.ensure_connection()
        if self._backup is None:
            self._backup = sqlite3.connect(":memory:")
            connection.connection.backup(self._backup)
            self.stage.say("a backup is made")
            return
        for actor in list(self.stage.actors):
            self.stage.kill(actor)
            self.stage.go_on(actor)
        self.queue.clear()
        self._backup.backup(connection.connection)
        self._backup.close()
        self._backup = None
        self.stage.say("the backup is put back")
        self.stage.let_pass(LONGEST_COMMIT_SECONDS)

    def staff_help_out(self) -> None:
        """What waits for a person is pressed on: there is no cause left."""
        for row in Order.objects.filter(status=OrderStatus.ON_HOLD):
            _if_allowed(order_actions.release_hold, row)
        for row in Order.objects.filter(status=OrderStatus.NEEDS_ATTENTION) | Order.objects.exclude(
            message=""
        ):
            _if_allowed(order_actions.retry, row)


def _if_allowed(act: Callable[..., Any], row: Order) -> None:
    try:
        act(row, actor="staff")
    except NotAllowed:
        return
