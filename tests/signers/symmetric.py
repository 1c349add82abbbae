"""Official libraries of Python that sign with a shared secret."""

from __future__ import annotations

import datetime
from urllib.parse import parse_qs, urlencode

import hubspot.utils.signature
import slack_sdk.signature
import standardwebhooks
import stripe
import svix.webhooks
import twilio.request_validator
from Adyen.util import generate_payload_sig, is_valid_hmac_payload
from box_sdk_gen.internal.utils import compute_webhook_signature
from box_sdk_gen.managers.webhooks import WebhooksManager
from gidgethub import ValidationFailure
from gidgethub.sansio import validate_event

from tests.signers.library import COMPARES, OTHER_STANDARD, STANDARD, URL, Headers, Library

ADYEN = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056"
OTHER_ADYEN = "79A3EAF309C43708726A8C284C0D72618696A12E840DFA1DF3A158AFA3B577DA"


def _stripe_sign(body: bytes, at: int, secret: str) -> Headers:
    return {"stripe-signature": stripe.WebhookSignature.generate_signature_header(body.decode(), secret, at)}


def _stripe_accepts(headers: Headers, body: bytes) -> bool:
    return bool(stripe.WebhookSignature.verify_header(body, headers.get("stripe-signature"), "whsec_stripe", 300))


def _slack_sign(body: bytes, at: int, secret: str) -> Headers:
    made = slack_sdk.signature.SignatureVerifier(secret).generate_signature(timestamp=str(at), body=body)
    return {"x-slack-request-timestamp": str(at), "x-slack-signature": str(made)}


def _slack_accepts(headers: Headers, body: bytes) -> bool:
    return slack_sdk.signature.SignatureVerifier("slack secret").is_valid_request(body, headers)


def _standard_sign(body: bytes, at: int, secret: str) -> Headers:
    signature = standardwebhooks.Webhook(secret).sign("msg_1", _moment(at), body.decode())
    return {"webhook-id": "msg_1", "webhook-timestamp": str(at), "webhook-signature": signature}


def _standard_accepts(headers: Headers, body: bytes) -> bool:
    standardwebhooks.Webhook(STANDARD).verify(body, headers)
    return True


def _svix_sign(body: bytes, at: int, secret: str) -> Headers:
    signature = svix.webhooks.Webhook(secret).sign("msg_1", _moment(at), body.decode())
    return {"svix-id": "msg_1", "svix-timestamp": str(at), "svix-signature": signature}


def _svix_accepts(headers: Headers, body: bytes) -> bool:
    svix.webhooks.Webhook(STANDARD).verify(body, headers)
    return True


def _moment(at: int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(at, datetime.UTC)


def _form(at: int) -> bytes:
    return urlencode({"MessageSid": "SM1", "Body": "Zoë ☃", "At": at}).encode()


class _Parameters(dict[str, list[str]]):
    """As a web framework gives them to the library: a name may come several times."""

    def getlist(self, name: str) -> list[str]:
        return self[name]


def _parameters(body: bytes) -> _Parameters:
    return _Parameters(parse_qs(body.decode(), keep_blank_values=True))


def _twilio_sign(body: bytes, at: int, secret: str) -> Headers:
    signature = twilio.request_validator.RequestValidator(secret).compute_signature(URL, _parameters(body))
    return {"content-type": "application/x-www-form-urlencoded", "x-twilio-signature": signature}


def _twilio_accepts(headers: Headers, body: bytes) -> bool:
    validator = twilio.request_validator.RequestValidator("12345")
    return validator.validate(URL, _parameters(body), headers.get("x-twilio-signature", ""))


def _hubspot(version: str, header: str) -> Library:
    at_header = "x-hubspot-request-timestamp"
    signature = hubspot.utils.signature.Signature

    def sign(body: bytes, at: int, secret: str) -> Headers:
        stamp = str(at * 1000)
        made = signature.get_signature(secret, body.decode(), version, URL, "POST", stamp)
        return {header: made, at_header: stamp} if version == "v3" else {header: made, f"{header}-version": version}

    def accepts(headers: Headers, body: bytes) -> bool:
        found = headers.get(header, "")
        return signature.is_valid(found, "yyyy", body.decode(), URL, "POST", version, headers.get(at_header))

    refusals = (hubspot.exceptions.InvalidSignatureTimestampError,)
    name = f"hubspot-{version}"
    return Library(name, name, "yyyy", header, sign, accepts, refusals=refusals, timed=version == "v3")


def _adyen_sign(body: bytes, at: int, secret: str) -> Headers:
    return {"hmacsignature": generate_payload_sig(body, secret).decode(), "protocol": "HmacSHA256"}


def _adyen_accepts(headers: Headers, body: bytes) -> bool:
    return is_valid_hmac_payload(headers.get("hmacsignature", ""), ADYEN, body)


def _box_sign(body: bytes, at: int, secret: str) -> Headers:
    headers = {
        "box-delivery-timestamp": _moment(at).isoformat(),
        "box-signature-version": "1",
        "box-signature-algorithm": "HmacSHA256",
        "box-delivery-id": "f96bb54b-ee16-4fc5-aa65-8c2d9e5b546f",
    }
    return {**headers, "box-signature-primary": str(compute_webhook_signature(body.decode(), headers, secret))}


def _box_accepts(headers: Headers, body: bytes) -> bool:
    return WebhooksManager.validate_message(body.decode(), headers, "SamplePrimaryKey")


def _gidgethub_accepts(headers: Headers, body: bytes) -> bool:
    validate_event(body, signature=headers.get("x-hub-signature-256", ""), secret="It's a Secret to Everybody")
    return True


_STRIPE = (stripe.SignatureVerificationError,)
_STANDARD = (standardwebhooks.webhooks.WebhookVerificationError,)

SYMMETRIC = [
    Library("stripe", "stripe", "whsec_stripe", "stripe-signature", _stripe_sign, _stripe_accepts, refusals=_STRIPE),
    Library("slack_sdk", "slack", "slack secret", "x-slack-signature", _slack_sign, _slack_accepts),
    Library(
        "standardwebhooks",
        "standard-webhooks",
        STANDARD,
        "webhook-signature",
        _standard_sign,
        _standard_accepts,
        refusals=_STANDARD,
        takes="json",
        other=OTHER_STANDARD,
    ),
    Library(
        "svix", "svix", STANDARD, "svix-signature", _svix_sign, _svix_accepts, refusals=_STANDARD, other=OTHER_STANDARD
    ),
    Library(
        "twilio",
        "twilio",
        "12345",
        "x-twilio-signature",
        _twilio_sign,
        _twilio_accepts,
        body=_form,
        timed=False,
        takes="form",
    ),
    _hubspot("v1", "x-hubspot-signature"),
    _hubspot("v2", "x-hubspot-signature"),
    _hubspot("v3", "x-hubspot-signature-v3"),
    Library(
        "adyen",
        "adyen-header",
        ADYEN,
        "hmacsignature",
        _adyen_sign,
        _adyen_accepts,
        other=OTHER_ADYEN,
        timed=False,
        takes="bytes",
    ),
    Library("boxsdk", "box", "SamplePrimaryKey", "box-signature-primary", _box_sign, _box_accepts),
    Library(
        "gidgethub",
        "github",
        "It's a Secret to Everybody",
        "x-hub-signature-256",
        None,
        _gidgethub_accepts,
        refusals=(ValidationFailure,),
        timed=False,
        takes="bytes",
        only_verifies=COMPARES,
    ),
]
