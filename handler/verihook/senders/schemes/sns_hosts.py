"""The hosts of Amazon SNS, and the host of a topic.

Not in sns.py, because the handshake needs them, too, and an artifact may lack the cryptography that sns.py imports.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_REGION = r"[a-z]{2}(?:-[a-z]+)+-[0-9]{1,2}"

#: How the partitions of AWS name their regions and hosts. A region has no digit before its last part:
#: ``sns.s3-ap-southeast-2`` is a bucket that any customer may own.
#: https://github.com/boto/botocore/blob/develop/botocore/data/partitions.json
PARTITIONS: Mapping[str, tuple[str, str]] = {
    "aws": (rf"(?!cn-|us-gov-|us-iso){_REGION}", "amazonaws.com"),
    "aws-cn": (r"cn-[a-z]+-[0-9]{1,2}", "amazonaws.com.cn"),
    "aws-us-gov": (r"us-gov-[a-z]+-[0-9]{1,2}", "amazonaws.com"),
    "aws-eusc": (r"eusc-[a-z]{2}-[a-z]+-[0-9]{1,2}", "amazonaws.eu"),
    "aws-iso": (r"us-iso-[a-z]+-[0-9]{1,2}", "c2s.ic.gov"),
    "aws-iso-b": (r"us-isob-[a-z]+-[0-9]{1,2}", "sc2s.sgov.gov"),
    "aws-iso-e": (r"eu-isoe-[a-z]+-[0-9]{1,2}", "cloud.adc-e.uk"),
    "aws-iso-f": (r"us-isof-[a-z]+-[0-9]{1,2}", "csp.hci.ic.gov"),
}

#: The hosts of SNS in all partitions. A message must name the host of its topic's own region.
HOSTS = tuple(rf"sns\.{region}\.{re.escape(suffix)}" for region, suffix in PARTITIONS.values())

#: The parameter of a source that names its topics.
TOPICS = "topic_arns"

_TOPIC = re.compile(r"arn:(aws[a-z-]*):sns:([a-z0-9-]+):[0-9]{12}:[A-Za-z0-9_.-]{1,256}", re.ASCII)


def topics_of(parameters: Mapping[str, str]) -> tuple[str, ...]:
    """The ARNs in a source's ``topic_arns``, separated by commas; () for none."""
    topics = [topic.strip() for topic in parameters.get(TOPICS, "").split(",")]
    return tuple(topic for topic in topics if topic)


def sns_host_of(topic: str) -> str | None:
    """The host of SNS in a topic's own region; None if this is not the ARN of a topic."""
    found = _TOPIC.fullmatch(topic)
    region, suffix = PARTITIONS.get(found[1], ("", "")) if found else ("", "")
    return f"sns.{found[2]}.{suffix}" if found and re.fullmatch(region, found[2], re.ASCII) else None
