"""Application config of the integrations."""

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    name = "integrations"
    verbose_name = "Orders and connections"

    def ready(self) -> None:
        from django.db.models.signals import post_migrate, pre_migrate
        from django_q.signals import post_execute

        from integrations.core.workqueue import schedules
        from integrations.core.workqueue.heartbeats import note_task_done
        from integrations.operations.access import logins, second_factor
        from integrations.operations.setup import choices, rule_checks
        from integrations.operations.setup.database import preparation
        from mappings import rule_check
        from mappings.reference import register

        # The one place where django-q tells us something: it has no other hook after the acknowledgement.
        post_execute.connect(note_task_done, dispatch_uid="hub-heartbeat")
        # Around every `migrate`: groups, schedules and whatever else is no table.
        pre_migrate.connect(preparation.note, sender=self, dispatch_uid="hub-note")
        post_migrate.connect(preparation.prepare, sender=self, dispatch_uid="hub-prepare")
        logins.watch()
        second_factor.offer()
        schedules.confine()
        # The mappings ask through this interface which codes exist; they know nothing of servers and accounts.
        register(choices.look_up)
        rule_check.register(rule_checks.field_check, rule_checks.variable_check)
