"""A webhook is believed by its signature, in the format of Standard Webhooks (standardwebhooks.com)."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends, Header, Request
from standardwebhooks import Webhook, WebhookVerificationError

from nexa_chassis.http.call import Call
from nexa_chassis.http.identity import Identity
from nexa_chassis.http.problems import Problem
from nexa_support.settings import support_settings

SENDER = Identity("webhook.deployments", frozenset())


WebhookId = Annotated[str, Header(alias="webhook-id", description="Makes it one: the same when it is sent again.")]
Timestamp = Annotated[str, Header(alias="webhook-timestamp", description="When it was signed, in seconds since 1970.")]
Signature = Annotated[str, Header(alias="webhook-signature", description="`v1,` and base64; several by spaces.")]


async def _signed(request: Request, sent_id: WebhookId = "", at: Timestamp = "", signature: Signature = "") -> Call:
    """Raises a 401 for what is not signed by one of our secrets within five minutes of wall time."""
    secrets = support_settings().webhooks_signed_with
    if not secrets:
        raise _refused("No webhooks are taken here: NEXA_WEBHOOK_SECRETS names no secret.")
    body = await request.body()
    headers = {"webhook-id": sent_id, "webhook-timestamp": at, "webhook-signature": signature}
    if not is_signed(body, headers, secrets):
        raise _refused(
            "The signature is not right: webhook-id, webhook-timestamp and webhook-signature must be of this body, by a"
            " secret that is in force, within five minutes."
        )
    return Call(request, SENDER, request.app.state.runtime)


Signed = Annotated[Call, Depends(_signed)]


def is_signed(body: bytes, headers: dict[str, str], secrets: Sequence[str]) -> bool:
    """Whether one of the secrets, of which several are in force while one is replaced, has signed this."""
    return any(_verifies(body, headers, secret) for secret in secrets)


def _verifies(body: bytes, headers: dict[str, str], secret: str) -> bool:
    try:
        Webhook(secret).verify(body, headers, json_parse=False)
    except (WebhookVerificationError, ValueError):  # a ValueError: neither text nor a signature that can be read
        return False
    return True


def _refused(detail: str) -> Problem:
    return Problem(401, detail, kind="signature", title="Not signed")
