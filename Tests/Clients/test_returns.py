"""What writes and reads return when they are asked for more than the data."""

import pytest
from test_boto3 import failing, fill, key

OLD = {"kept": {"S": "k"}, "changed": {"N": "1"}, "gone": {"S": "g"}, "map": {"M": {"a": {"N": "1"}, "b": {"N": "2"}}}}
CHANGED = {"changed": {"N": "2"}, "map": {"M": {"a": {"N": "9"}}}, "new": {"S": "n"}}
UPDATE = {
    "UpdateExpression": "SET changed = changed + :one, #m.a = :nine, #n = :n REMOVE gone",
    "ExpressionAttributeNames": {"#m": "map", "#n": "new"},
    "ExpressionAttributeValues": {":one": {"N": "1"}, ":nine": {"N": "9"}, ":n": {"S": "n"}},
}


@pytest.mark.parametrize("wanted, expected", [
    ("NONE", None),
    ("ALL_OLD", OLD),
    ("UPDATED_OLD", {"changed": {"N": "1"}, "gone": {"S": "g"}, "map": {"M": {"a": {"N": "1"}}}}),
    ("UPDATED_NEW", CHANGED),
    ("ALL_NEW", {"kept": {"S": "k"}, **CHANGED, "map": {"M": {"a": {"N": "9"}, "b": {"N": "2"}}}}),
])
def test_an_update_returns_what_was_asked_for(client, table, wanted, expected):
    whole = wanted.startswith("ALL")
    client.put_item(TableName=table, Item=key("returns", 1) | OLD)
    answer = client.update_item(TableName=table, Key=key("returns", 1), ReturnValues=wanted, **UPDATE)
    assert answer.get("Attributes") == (key("returns", 1) | expected if whole else expected)


def test_puts_and_deletes_return_only_what_was(client, table):
    assert "Attributes" not in client.put_item(TableName=table, Item=key("old", 1) | OLD, ReturnValues="ALL_OLD")
    assert client.delete_item(TableName=table, Key=key("old", 1), ReturnValues="ALL_OLD")["Attributes"] == key("old", 1) | OLD
    for wanted in ("ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"):
        for call, target in ((client.put_item, {"Item": key("old", 1)}), (client.delete_item, {"Key": key("old", 1)})):
            refused = failing("ValidationException", call, TableName=table, ReturnValues=wanted, **target)
            assert refused["Error"]["Message"] == "ReturnValues can only be ALL_OLD or NONE"


def test_a_failed_condition_shows_the_item_where_asked_for(client, table):
    client.put_item(TableName=table, Item=key("failed", 1) | OLD)
    condition = {"TableName": table, "ConditionExpression": "attribute_not_exists(PK)"}
    target = {"Key": key("failed", 1)}
    for call, arguments in (
        (client.put_item, {"Item": key("failed", 1)}), (client.delete_item, target),
        (client.update_item, target | {"UpdateExpression": "REMOVE kept"}),
    ):
        code = "ConditionalCheckFailedException"
        shown = failing(code, call, ReturnValuesOnConditionCheckFailure="ALL_OLD", **condition, **arguments)
        assert shown["Item"] == key("failed", 1) | OLD and shown["Error"]["Message"] == "The conditional request failed"
        assert "Item" not in failing(code, call, ReturnValuesOnConditionCheckFailure="NONE", **condition, **arguments)
        assert "Item" not in failing(code, call, **condition, **arguments)


def units(answer):
    return answer["ConsumedCapacity"]["CapacityUnits"]


def sized(partition, size):
    """An item of exactly `size` bytes by DynamoDB's count: names, values, and 1 + 1 for the number and a blank."""
    item = key(partition, 1)
    return item | {"x": {"S": "x" * (size - len("PK") - len(partition) - len("SK") - 2 - len("x"))}}


@pytest.mark.parametrize("size, written, strong", [(1024, 1, 1), (1025, 2, 1), (4096, 4, 1), (4097, 5, 2), (8193, 9, 3)])
def test_capacity_counts_started_kilobytes(client, table, size, written, strong):
    item = sized("capacity", size)
    asked = {"TableName": table, "ReturnConsumedCapacity": "TOTAL"}
    assert units(client.put_item(Item=item, **asked)) == written
    assert units(client.get_item(Key=key("capacity", 1), ConsistentRead=True, **asked)) == strong
    assert units(client.get_item(Key=key("capacity", 1), **asked)) == strong / 2
    # The larger of the two images counts, and a condition that fails costs as much.
    assert units(client.put_item(Item=key("capacity", 1), **asked)) == written
    assert units(client.put_item(Item=item, **asked)) == written
    assert units(client.update_item(Key=key("capacity", 1), UpdateExpression="REMOVE x", **asked)) == written
    client.put_item(TableName=table, Item=item)
    assert units(client.delete_item(Key=key("capacity", 1), **asked)) == written
    assert units(client.delete_item(Key=key("capacity", 1), **asked)) == 1
    assert units(client.get_item(Key=key("capacity", 1), ConsistentRead=True, **asked)) == 1


def test_capacity_of_queries_scans_and_batches(client, table):
    fill(client, table, "many", 20, x={"S": "x" * 1000})
    query = {
        "TableName": table, "KeyConditionExpression": "PK = :p", "ExpressionAttributeValues": {":p": {"S": "many"}},
        "ReturnConsumedCapacity": "INDEXES",
    }
    strong = client.query(ConsistentRead=True, **query)["ConsumedCapacity"]
    assert strong == {"TableName": table, "CapacityUnits": 5.0, "Table": {"CapacityUnits": 5.0}}
    # What a filter leaves out and a projection leaves away is paid for.
    narrow = {"ProjectionExpression": "SK", "FilterExpression": "attribute_not_exists(x)"}
    nothing = client.query(ConsistentRead=True, **query, **narrow)
    assert nothing["Items"] == [] and units(nothing) == 5
    assert units(client.query(ConsistentRead=False, **query)) == 2.5
    assert units(client.scan(TableName=table, ConsistentRead=True, ReturnConsumedCapacity="TOTAL")) == 5
    keys = [key("many", sort) for sort in range(5)] + [key("nobody", 1)]
    read = client.batch_get_item(RequestItems={table: {"Keys": keys}}, ReturnConsumedCapacity="TOTAL")
    assert read["ConsumedCapacity"] == [{"TableName": table, "CapacityUnits": 3.0}]
    requests = [{"PutRequest": {"Item": sized(f"batch-{size}", size)}} for size in (100, 1025, 2049)]
    written = client.batch_write_item(RequestItems={table: requests}, ReturnConsumedCapacity="INDEXES")
    assert written["ConsumedCapacity"] == [{"TableName": table, "CapacityUnits": 6.0, "Table": {"CapacityUnits": 6.0}}]
    assert "ConsumedCapacity" not in client.query(**query | {"ReturnConsumedCapacity": "NONE"})
