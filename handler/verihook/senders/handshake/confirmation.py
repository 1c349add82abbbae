"""SNS: a subscription is confirmed by opening the URL in its signed confirmation.

https://docs.aws.amazon.com/sns/latest/dg/SendMessageToHttp.prepare.html
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from verihook.errors import HandshakeRefused, SecretsUnavailable
from verihook.request import Reply, Request, json_reply
from verihook.senders.handshake.binding import BoundHandshake, HandshakeContext
from verihook.senders.schemes.sns_hosts import sns_host_of, topics_of
from verihook.strict_json import member, split_path


@dataclass(frozen=True, slots=True)
class ConfirmGet:
    """A verified ``SubscriptionConfirmation`` is confirmed if its topic is in the source's ``parameters.topic_arns``.

    ``topic_arns``: one ARN or several, separated by commas. AWS signs for every account: without
    the list, any customer's topic could be subscribed to this source. An ``UnsubscribeConfirmation`` is answered 200,
    and its URL is not opened: that would subscribe again.
    """

    def bind(self, context: HandshakeContext) -> BoundHandshake:
        """See :class:`~verihook.senders.handshake.Handshake`."""
        topics = topics_of(context.parameters)
        for topic in topics:
            if sns_host_of(topic) is None:
                raise ValueError(f"parameters.topic_arns: {topic[:300]!r} is not the ARN of an SNS topic")

        def answer(request: Request, content: object) -> Reply | None:  # noqa: ARG001
            kind = member(content, split_path("Type"))
            if kind == "UnsubscribeConfirmation":
                return json_reply(200, {"ignored": kind})
            if kind != "SubscriptionConfirmation":
                return None
            topic, url = member(content, split_path("TopicArn")), member(content, split_path("SubscribeURL"))
            if not isinstance(topic, str) or topic not in topics:
                raise HandshakeRefused("The topic is not one of this source's: name its ARN in parameters.topic_arns.")
            if not isinstance(url, str) or not _confirms_topic(url, topic):
                raise HandshakeRefused("SubscribeURL does not confirm this topic at SNS.")
            if context.fetch is None:
                raise SecretsUnavailable("This deployment does not use the network; confirm the subscription by hand.")
            if b"ConfirmSubscriptionResponse" not in context.fetch(url):
                raise HandshakeRefused("SNS did not confirm the subscription; its token is valid for three days.")
            return json_reply(200, {"confirmed": topic})

        return BoundHandshake(signed=answer)


def _confirms_topic(url: str, topic: str) -> bool:
    """Whether the URL confirms this topic, at the SNS host of the topic's own region. The whole host is compared."""
    try:
        parts = urlsplit(url)
        query = parse_qs(parts.query, strict_parsing=True, max_num_fields=8)
    except ValueError:
        return False
    return (
        url.isascii()
        and (parts.scheme, parts.path, parts.fragment) == ("https", "/", "")
        # The whole authority is compared, so it has no user and no port.
        and parts.netloc == sns_host_of(topic)
        and query.get("Action") == ["ConfirmSubscription"]
        and query.get("TopicArn") == [topic]
        and len(query.get("Token", [])) == 1
    )
