"""A webhook is believed by its signature alone."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError
from standardwebhooks import Webhook

from nexa_support.api.signed_webhook import is_signed
from nexa_support.settings import SupportSettings

OLD, NEW, STRANGE = (f"whsec_{base64.b64encode(word * 4).decode()}" for word in (b"old-key-", b"new-key-", b"strange-"))
BODY = b'{"type": "deployment.completed", "data": {"version": "2.1.6"}}'


def signed(
    body: bytes = BODY, *secrets: str, webhook_id: str = "msg_1", late: timedelta = timedelta()
) -> dict[str, str]:
    at = datetime.now(UTC) - late
    signatures = (Webhook(secret).sign(webhook_id, at, body.decode()) for secret in secrets or (NEW,))
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def test_either_secret_is_good_while_one_is_replaced() -> None:
    assert is_signed(BODY, signed(BODY, NEW), (NEW, OLD))
    assert is_signed(BODY, signed(BODY, OLD), (NEW, OLD))
    assert is_signed(BODY, signed(BODY, STRANGE, NEW), (NEW,))
    assert not is_signed(BODY, signed(BODY, OLD), (NEW,))
    assert not is_signed(BODY, signed(BODY, NEW), ())


def test_what_was_changed_on_the_way_is_not_believed() -> None:
    assert not is_signed(BODY.replace(b"2.1.6", b"2.1.7"), signed(), (NEW,))
    for name, value in (
        ("webhook-id", "msg_2"),
        ("webhook-timestamp", str(int(datetime.now(UTC).timestamp()) + 1)),
        ("webhook-signature", "v1,bm90IGl0"),
    ):
        assert not is_signed(BODY, signed() | {name: value}, (NEW,)), name


def test_what_is_too_old_or_from_the_future_is_not_believed() -> None:
    assert is_signed(BODY, signed(late=timedelta(minutes=4)), (NEW,))
    assert not is_signed(BODY, signed(late=timedelta(minutes=6)), (NEW,))
    assert not is_signed(BODY, signed(late=-timedelta(minutes=6)), (NEW,))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"webhook-signature": ""},
        {"webhook-signature": "v1"},
        {"webhook-signature": "v1,%%%"},
        {"webhook-signature": "v1,a"},
        {"webhook-signature": "v2," + "A" * 44},
        {"webhook-signature": "v1,ä"},
        {"webhook-timestamp": "nan"},
        {"webhook-timestamp": "1e300"},
        {"webhook-timestamp": "yesterday"},
    ],
)
def test_headers_that_make_no_sense_are_refused_not_stumbled_over(headers: dict[str, str]) -> None:
    assert not is_signed(BODY, signed() | headers if headers else {}, (NEW,))


def test_a_body_that_is_no_text_is_refused() -> None:
    assert not is_signed(b"\xff\xfe", signed(), (NEW,))


def test_secrets_are_checked_when_the_service_starts_and_never_shown() -> None:
    settings = SupportSettings.from_environment({"NEXA_WEBHOOK_SECRETS": f"{NEW} {OLD}"})
    assert settings.webhooks_signed_with == (NEW, OLD)
    assert NEW not in repr(settings)
    with pytest.raises(ValidationError, match="secret 2 is no base64"):
        SupportSettings.from_environment({"NEXA_WEBHOOK_SECRETS": f"{NEW} whsec_"})
