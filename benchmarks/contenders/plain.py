"""A plain Django view as one would write it first: no DRF, no signature, no order; one row and one task per event.

It runs in the hub's own project (same settings, middleware, models and database), with another address book. It is
spared what the hub does beyond that: it looks no storefront up, makes no order and writes no timeline.
"""

from __future__ import annotations

import hashlib
import json
import os

from django.core.wsgi import get_wsgi_application
from django.db import transaction
from django.http import HttpRequest, JsonResponse

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.contenders.plain_settings"
application = get_wsgi_application()

from django.urls import include, path  # noqa: E402
from django.views.decorators.csrf import csrf_exempt  # noqa: E402
from django_q.tasks import async_task  # noqa: E402

from integrations.models import PresseroAccount, WebhookEvent  # noqa: E402


@csrf_exempt
def receive(request: HttpRequest, slug: str) -> JsonResponse:
    raw = request.body
    message = json.loads(raw)
    account = PresseroAccount.objects.filter(slug=slug, active=True).get()
    with transaction.atomic():
        event = WebhookEvent.objects.create(
            account=account,
            message_id=message["MessageID"],
            body=raw.decode(),
            body_sha256=hashlib.sha256(raw).hexdigest(),
            remote_address=request.META["REMOTE_ADDR"],
            type_name=message["TypeName"],
            type_number=message["Type"],
            site_id=message["SiteId"],
            order_number=message["Data"]["OrderNumber"],
            verdict="accepted",
        )
        async_task("integrations.tasks.process_order", event.pk)
    return JsonResponse({"event": event.pk, "duplicate": False}, status=202)


# The hub's own addresses behind it: its middleware looks some of them up.
urlpatterns = [path("api/pressero/<slug:slug>/events/", receive), path("", include("automationhub.urls"))]
