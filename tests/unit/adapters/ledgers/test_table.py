"""The definition of the table."""

from __future__ import annotations

from typing import get_args

from verihook.adapters.ledgers.table import LIST_INDEXES, create_table_request
from verihook.model.listing import Index


def test_every_index_of_a_list_but_labels_is_one_of_the_table() -> None:
    indexes = {index["IndexName"]: index for index in create_table_request("a")["GlobalSecondaryIndexes"]}
    # A workflow's instances of a status are found by one of the two.
    assert {*indexes} == {"due", *get_args(Index)} - {"label", "workflow-status"}
    for name, attribute in LIST_INDEXES.items():
        assert [key["AttributeName"] for key in indexes[name]["KeySchema"]] == [attribute, "listedAt"]


def test_every_key_attribute_is_defined_and_no_other() -> None:
    request = create_table_request("a")
    schemas = [request["KeySchema"], *(index["KeySchema"] for index in request["GlobalSecondaryIndexes"])]
    keys = {key["AttributeName"] for schema in schemas for key in schema}
    defined = [attribute["AttributeName"] for attribute in request["AttributeDefinitions"]]
    assert sorted(defined) == sorted(keys)


def test_the_stream_brings_the_row_as_it_is_now() -> None:
    # Of which the worker reads attempt, engine and status.
    assert create_table_request("a")["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
