"""How long an answer is waited for is one setting, for both systems."""

from typing import Any

from integrations.core.connections.clients import pace_client, pressero_client
from tests.conftest import Hub


def test_the_setting_reaches_both_clients(hub: Hub, settings: Any) -> None:
    settings.ANSWER_TIMEOUT = 7
    assert pace_client(hub.server).config.read_timeout == 7
    assert pressero_client(hub.account).config.read_timeout == 7
