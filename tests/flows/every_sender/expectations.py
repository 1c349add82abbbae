"""How the senders that are used most are answered: from their own pages, not from their files here."""

from __future__ import annotations

from typing import NamedTuple


class Expected(NamedTuple):
    """What :meth:`Played.told` says of each answer. ``page``: the sender's own on what it sends, and what it expects.

    ``first``: of what the sender sends first; ``good``: of a good delivery; ``again``: of the same bytes once more;
    ``restamped``: of the same event, signed a second later.
    """

    page: str
    first: tuple[str, ...]
    good: str
    again: str
    restamped: str


def _known(page: str, *first: str) -> Expected:
    """An event has an id: however it comes again, it is the one that is known."""
    return Expected(page, first, "200 new", "200 known", "200 known")


def _unknown(page: str, *first: str) -> Expected:
    """An event has no id: each delivery is one."""
    return Expected(page, first, "200 new", "200 new", "200 new")


def _quiet(page: str, *first: str) -> Expected:
    """As _known, with an answer that has no body."""
    return Expected(page, first, "200 new, no body", "200 known, no body", "200 known, no body")


#: The thirty that were asked for first, and the aliases among them; then those that are used most.
RANKED = (
    *(
        "airtable",
        "apple-app-store",
        "azure-event-grid",
        "azure-event-grid-cloudevents",
        "braintree",
        "brex",
        "cal-com",
    ),
    *(
        "checkout-com",
        "clickup",
        "dodo-payments",
        "ebay",
        "figma",
        "fusionauth",
        "gocardless",
        "google-pubsub",
        "heroku",
    ),
    *("kinde", "lark", "lithic", "livekit", "mailchimp", "mandrill", "mercado-pago", "messagebird", "microsoft-graph"),
    *(
        "monday",
        "netlify",
        "onfido",
        "persona",
        "plivo",
        "polar",
        "postmark",
        "qstash",
        "replicate",
        "sanity",
        "segment",
    ),
    *("stytch", "supabase", "telnyx", "vapi", "veriff", "vonage", "wix"),
)
MOST_USED = (
    *("bitbucket", "discord", "github", "gitlab-token", "hubspot-v3", "intercom", "jira", "linear", "mailgun", "meta"),
    *("paypal", "sendgrid", "sentry", "shopify", "slack", "square", "stripe", "telegram", "twilio", "typeform", "zoom"),
)

EXPECTED = {
    "apple-app-store": _known("https://developer.apple.com/documentation/appstoreservernotifications/notificationuuid"),
    "azure-event-grid": _unknown(
        "https://learn.microsoft.com/en-us/azure/event-grid/end-point-validation-event-grid-events-schema",
        "200 answered",
        "401 code",
    ),
    "azure-event-grid-cloudevents": _known(
        "https://learn.microsoft.com/en-us/azure/event-grid/end-point-validation-cloud-events-schema",
        "200 answered, no body",
        "403 code",
    ),
    "braintree": _unknown("https://developer.paypal.com/braintree/docs/guides/webhooks/create", "200 answered"),
    "brex": _known("https://developer.brex.com/docs/webhooks/"),
    "ebay": _known("https://developer.ebay.com/marketplace-account-deletion", "200 answered"),
    "fusionauth": _known("https://fusionauth.io/docs/extend/events-and-webhooks/events/"),
    "google-pubsub": _known("https://docs.cloud.google.com/pubsub/docs/push"),
    "kinde": _known("https://docs.kinde.com/integrate/webhooks/about-webhooks/"),
    "lithic": _known("https://docs.lithic.com/docs/events-api"),
    "livekit": _known("https://docs.livekit.io/home/server/webhooks/"),
    "mercado-pago": _known("https://www.mercadopago.com/developers/en/docs/your-integrations/notifications/webhooks"),
    "messagebird": _known("https://developers.messagebird.com/api/#verifying-http-requests"),
    "monday": _known("https://developer.monday.com/api-reference/reference/webhooks", "200 answered"),
    "netlify": _known("https://docs.netlify.com/deploy/deploy-notifications/"),
    "plivo": _unknown("https://www.plivo.com/docs/messaging/concepts/signature-validation"),
    "qstash": _known("https://upstash.com/docs/qstash/howto/signature"),
    "sanity": _known("https://www.sanity.io/docs/content-lake/webhooks"),
    "sentry": _known("https://docs.sentry.io/organization/integrations/integration-platform/webhooks/"),
    "strava": _unknown("https://developers.strava.com/docs/webhooks/", "200 answered", "401 code"),
    "stytch": _known("https://stytch.com/docs/guides/webhooks/implementation"),
    "typeform": _known("https://www.typeform.com/developers/webhooks/"),
    "vapi": _unknown("https://docs.vapi.ai/server-url/server-authentication"),
    "vonage": _unknown("https://developer.vonage.com/en/getting-started/concepts/webhooks"),
    "wix": _unknown("https://dev.wix.com/docs/build-apps/developer-tools/apis-and-webhooks/webhooks"),
    "airtable": Expected(
        "https://airtable.com/developers/web/api/webhooks-overview",
        (),
        "200 new, no body",
        "200 new, no body",
        "200 new, no body",
    ),
    "adyen": _known("https://docs.adyen.com/development-resources/webhooks/understand-notifications"),
    "asana": _unknown("https://developers.asana.com/docs/webhooks-guide", "200 answered, no body"),
    "aws-sns": _known(
        "https://docs.aws.amazon.com/sns/latest/dg/SendMessageToHttp.prepare.html",
        "200 answered",
    ),
    "auth0-log-stream": _unknown("https://auth0.com/docs/customize/log-streams/custom-log-streams"),
    "bitbucket": _known("https://support.atlassian.com/bitbucket-cloud/docs/manage-webhooks/", "200 ignored"),
    "cal-com": _unknown("https://cal.com/docs/developing/guides/automation/webhooks", "200 ignored"),
    "checkout-com": _known("https://www.checkout.com/docs/developer-resources/webhooks"),
    "circle": _known(
        "https://developers.circle.com/wallets/webhook-notifications", "200 answered, no body", "200 ignored"
    ),
    "clickup": _known("https://developer.clickup.com/docs/webhooks"),
    "cybersource": _known(
        "https://github.com/CyberSource/cybersource-plugins-rest-salesforceb2ccommerce", "200 answered, no body"
    ),
    "daily": _known("https://docs.daily.co/reference/rest-api/webhooks", "200 answered"),
    "discord": Expected(
        "https://docs.discord.com/developers/interactions/overview",
        ("200 answered", "204 answered, no body", "401 answered, no body"),
        "204 new, no body",
        "204 known, no body",
        "204 known, no body",
    ),
    "dodo-payments": _known("https://docs.dodopayments.com/developer-resources/webhooks"),
    "dropbox": _unknown("https://www.dropbox.com/developers/reference/webhooks", "200 answered"),
    "dropbox-sign": _unknown("https://developers.hellosign.com/docs/events/walkthrough/", "200 answered"),
    "figma": _unknown("https://developers.figma.com/docs/rest-api/webhooks-security", "200 ignored"),
    "github": _known("https://docs.github.com/en/webhooks/webhook-events-and-payloads#ping", "200 ignored"),
    "gitlab-token": _known("https://docs.gitlab.com/user/project/integrations/webhooks/"),
    "gocardless": _known("https://developer.gocardless.com/getting-started/staying-up-to-date-with-webhooks/"),
    "heroku": _known("https://devcenter.heroku.com/articles/app-webhooks"),
    "hubspot-v3": _known("https://developers.hubspot.com/docs/api/webhooks"),
    "intercom": _known(
        "https://developers.intercom.com/docs/webhooks/setting-up-webhooks", "200 answered, no body", "200 ignored"
    ),
    "jira": _known("https://developer.atlassian.com/cloud/jira/platform/webhooks/"),
    "lemonsqueezy": _unknown("https://docs.lemonsqueezy.com/help/webhooks/webhook-requests"),
    "lark": _known(
        "https://open.larksuite.com/document/uAjLw4CM/ukTMukTMukTM/event-subscription-guide/event-subscription-configure-/request-url-configuration-case",
        "200 answered",
        "401 code",
    ),
    "lark-encrypted": _known(
        "https://open.larkoffice.com/document/ukTMukTMukTM/uYDNxYjL2QTM24iN0EjN/event-subscription-configure-/encrypt-key-encryption-configuration-case",
        "200 answered",
        "401 code",
    ),
    "line": _known(
        "https://developers.line.biz/en/docs/messaging-api/receiving-messages/#redelivered-webhooks",
        "200 answered, no body",
    ),
    "linear": _known("https://linear.app/developers/webhooks"),
    "mailgun": _known("https://documentation.mailgun.com/docs/mailgun/user-manual/events/webhooks"),
    "mailchimp": _unknown(
        "https://mailchimp.com/developer/marketing/guides/sync-audience-data-webhooks/", "200 answered, no body"
    ),
    "mandrill": _unknown(
        "https://mailchimp.com/developer/transactional/guides/track-respond-activity-webhooks/",
        "200 answered, no body",
    ),
    "meta": _unknown(
        "https://developers.facebook.com/docs/graph-api/webhooks/getting-started", "200 answered", "401 code"
    ),
    "microsoft-graph": _unknown(
        "https://learn.microsoft.com/en-us/graph/change-notifications-delivery-webhooks", "200 answered"
    ),
    "notion": _known("https://developers.notion.com/reference/webhooks", "200 answered, no body"),
    "okta": _known("https://developer.okta.com/docs/concepts/event-hooks/", "200 answered"),
    "onfido": _unknown("https://documentation.identity.entrust.com/api/manual-webhook-signature-verification/"),
    "openai": _known("https://platform.openai.com/docs/guides/webhooks"),
    "paddle": _known("https://developer.paddle.com/webhooks/respond-to-webhooks"),
    "paypal": _known("https://developer.paypal.com/api/rest/webhooks/rest/"),
    "persona": _known("https://docs.withpersona.com/v2022-09-01/docs/best-practices"),
    "plaid": _unknown("https://plaid.com/docs/api/webhooks/"),
    "polar": _known("https://polar.sh/docs/integrate/webhooks/delivery"),
    "postmark": _unknown("https://postmarkapp.com/developer/webhooks/webhooks-overview"),
    "razorpay": _known("https://razorpay.com/docs/webhooks/validate-test/"),
    "replicate": _known("https://replicate.com/docs/topics/webhooks"),
    "segment": _known("https://www.twilio.com/docs/segment/connections/destinations/catalog/actions-webhook"),
    "sendgrid": _known("https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event"),
    "shopify": _known("https://shopify.dev/docs/apps/build/webhooks/ignore-duplicates"),
    "slack": _quiet("https://docs.slack.dev/reference/events/url_verification", "200 answered"),
    "square": _known("https://developer.squareup.com/docs/webhooks/overview"),
    "standard-webhooks": _known(
        "https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md"
    ),
    "stripe": _known("https://docs.stripe.com/webhooks#handle-duplicate-events"),
    "supabase": _known("https://supabase.com/docs/guides/auth/auth-hooks"),
    "svix": _known("https://docs.svix.com/receiving/verifying-payloads/how-manual"),
    "telegram": _known("https://core.telegram.org/bots/api#update"),
    "telnyx": _known("https://developers.telnyx.com/docs/messaging/messages/receiving-webhooks"),
    "trello": _known("https://developer.atlassian.com/cloud/trello/guides/rest-api/webhooks/", "200 answered, no body"),
    "twilio": _quiet("https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides"),
    "twitch": _known(
        "https://dev.twitch.tv/docs/eventsub/handling-webhook-events/#responding-to-a-challenge-request",
        "200 answered",
    ),
    "veriff": _unknown("https://devdocs.veriff.com/docs/webhooks-guide"),
    "woocommerce": _known(
        "https://github.com/woocommerce/woocommerce/blob/trunk/plugins/woocommerce/includes/class-wc-webhook.php",
        "200 answered, no body",
    ),
    "x-twitter": _unknown("https://docs.x.com/x-api/webhooks/quickstart", "200 answered"),
    "xero": _quiet(
        "https://developer.xero.com/documentation/guides/webhooks/configuring-your-server/",
        "200 answered, no body",
        "401 answered, no body",
    ),
    "zoom": _unknown("https://developers.zoom.us/docs/api/webhooks/#validate-your-webhook-endpoint", "200 answered"),
}
