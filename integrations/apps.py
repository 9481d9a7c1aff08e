"""Application config of the integrations."""

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    name = "integrations"
    verbose_name = "Orders and connections"

    def ready(self) -> None:
        from django_q.signals import post_execute

        from integrations.services import choices, logins
        from integrations.services.heartbeats import note_task_done
        from mappings.reference import register

        # The one place where django-q tells us something: it has no other hook after the acknowledgement.
        post_execute.connect(note_task_done, dispatch_uid="hub-heartbeat")
        logins.watch()
        # The mappings ask through this door which codes exist; they know nothing of servers and accounts.
        register(choices.look_up)
