"""Every operation, by boto3 as anyone would use it."""

import decimal
import time
import urllib.request
import uuid

import pytest
from botocore.exceptions import ClientError


def failing(code, call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    assert caught.value.response["Error"]["Code"] == code
    return caught.value.response


def key(partition, sort):
    return {"PK": {"S": partition}, "SK": {"N": str(sort)}}


def fill(client, table, partition, count, **extra):
    items = [key(partition, sort) | {"value": {"S": f"{partition}-{sort}"}} | extra for sort in range(count)]
    for start in range(0, count, 25):
        requests = [{"PutRequest": {"Item": item}} for item in items[start : start + 25]]
        answer = client.batch_write_item(RequestItems={table: requests})
        assert answer["UnprocessedItems"] == {}
    return items


def test_a_table_goes_through_its_life(client):
    name = f"life-{uuid.uuid4().hex[:8]}"
    index = {
        "IndexName": "ByOwner",
        "KeySchema": [{"AttributeName": "owner", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    made = client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "id", "AttributeType": "S"},
            {"AttributeName": "owner", "AttributeType": "S"},
        ],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[index],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )["TableDescription"]
    assert made["TableStatus"] in ("CREATING", "ACTIVE")
    client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    described = client.describe_table(TableName=name)["Table"]
    assert described["TableArn"].endswith(f":table/{name}")
    assert described["GlobalSecondaryIndexes"][0]["IndexName"] == "ByOwner"
    assert described["StreamSpecification"]["StreamViewType"] == "NEW_AND_OLD_IMAGES"
    assert name in client.list_tables()["TableNames"]
    failing("ResourceInUseException", client.create_table, TableName=name, BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}])
    client.delete_table(TableName=name)
    client.get_waiter("table_not_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    failing("ResourceNotFoundException", client.describe_table, TableName=name)


def test_tables_are_listed_in_pages(client, table):
    names, start = [], None
    while True:
        answer = client.list_tables(Limit=1, **({"ExclusiveStartTableName": start} if start else {}))
        names += answer["TableNames"]
        start = answer.get("LastEvaluatedTableName")
        if start is None:
            break
    assert table in names and names == sorted(names)


def test_every_type_comes_back_as_it_was_put(session, environment, table):
    resource = session.resource("dynamodb", endpoint_url=environment["AWS_ENDPOINT_URL"]).Table(table)
    item = {
        "PK": "types", "SK": 1, "text": "naïve 日本 \U0001f9ea", "empty": "", "number": decimal.Decimal("-1.5E-100"),
        "long": decimal.Decimal("12345678901234567890123456789012345678"), "bytes": b"\x00\xff", "yes": True,
        "nothing": None, "list": [1, "two", [b"3", {"four": 4}]], "map": {"a": {"b": {"c": []}}},
        "strings": {"x", "y"}, "numbers": {1, 2}, "binaries": {b"p", b"q"},
    }
    resource.put_item(Item=item)
    assert resource.get_item(Key={"PK": "types", "SK": 1}, ConsistentRead=True)["Item"] == item


def test_put_replaces_and_can_return_what_was(client, table):
    client.put_item(TableName=table, Item=key("put", 1) | {"a": {"S": "one"}})
    answer = client.put_item(
        TableName=table, Item=key("put", 1) | {"b": {"S": "two"}}, ReturnValues="ALL_OLD", ReturnConsumedCapacity="TOTAL"
    )
    assert answer["Attributes"]["a"] == {"S": "one"}
    assert answer["ConsumedCapacity"] == {"TableName": table, "CapacityUnits": 1.0}
    item = client.get_item(TableName=table, Key=key("put", 1), ConsistentRead=True)["Item"]
    assert item == key("put", 1) | {"b": {"S": "two"}}


def test_a_failed_condition_changes_nothing(client, table):
    client.put_item(TableName=table, Item=key("condition", 1) | {"a": {"S": "kept"}})
    response = failing(
        "ConditionalCheckFailedException", client.put_item, TableName=table, Item=key("condition", 1),
        ConditionExpression="attribute_not_exists(PK)", ReturnValuesOnConditionCheckFailure="ALL_OLD",
    )
    assert response["Item"]["a"] == {"S": "kept"}
    failing("ConditionalCheckFailedException", client.delete_item, TableName=table, Key=key("condition", 1),
            ConditionExpression="a = :other", ExpressionAttributeValues={":other": {"S": "other"}})
    assert "Item" in client.get_item(TableName=table, Key=key("condition", 1), ConsistentRead=True)


def test_get_projects_and_misses(client, table):
    client.put_item(TableName=table, Item=key("get", 1) | {"a": {"S": "x"}, "b": {"L": [{"N": "1"}, {"N": "2"}]}})
    answer = client.get_item(
        TableName=table, Key=key("get", 1), ConsistentRead=True, ProjectionExpression="b[1], #a",
        ExpressionAttributeNames={"#a": "a"},
    )
    assert answer["Item"] == {"a": {"S": "x"}, "b": {"L": [{"N": "2"}]}}
    assert "Item" not in client.get_item(TableName=table, Key=key("get", 2))


def test_update_changes_counts_and_removes(client, table):
    answer = client.update_item(
        TableName=table, Key=key("update", 1), ReturnValues="ALL_NEW",
        UpdateExpression="SET visits = if_not_exists(visits, :zero) + :one, tags = :tags ADD points :five",
        ExpressionAttributeValues={
            ":zero": {"N": "0"}, ":one": {"N": "1"}, ":five": {"N": "5"}, ":tags": {"SS": ["a", "b"]},
        },
    )
    assert answer["Attributes"]["visits"] == {"N": "1"} and answer["Attributes"]["points"] == {"N": "5"}
    answer = client.update_item(
        TableName=table, Key=key("update", 1), ReturnValues="UPDATED_NEW",
        UpdateExpression="REMOVE points DELETE tags :gone SET visits = visits + :one",
        ExpressionAttributeValues={":gone": {"SS": ["a"]}, ":one": {"N": "1"}},
    )
    assert answer["Attributes"] == {"visits": {"N": "2"}, "tags": {"SS": ["b"]}}
    item = client.get_item(TableName=table, Key=key("update", 1), ConsistentRead=True)["Item"]
    assert "points" not in item


def test_delete_returns_the_old_item_and_may_repeat(client, table):
    client.put_item(TableName=table, Item=key("delete", 1) | {"a": {"S": "x"}})
    assert client.delete_item(TableName=table, Key=key("delete", 1), ReturnValues="ALL_OLD")["Attributes"]["a"] == {"S": "x"}
    assert "Attributes" not in client.delete_item(TableName=table, Key=key("delete", 1), ReturnValues="ALL_OLD")


def test_query_orders_bounds_filters_and_pages(client, table):
    items = fill(client, table, "query", 40)
    arguments = {
        "TableName": table, "ConsistentRead": True, "KeyConditionExpression": "PK = :p",
        "ExpressionAttributeValues": {":p": {"S": "query"}},
    }
    pages = list(client.get_paginator("query").paginate(**arguments, PaginationConfig={"PageSize": 7}))
    assert len(pages) >= 6
    assert [item for page in pages for item in page["Items"]] == items
    backwards = client.query(**arguments, ScanIndexForward=False, Limit=3)
    assert [item["SK"]["N"] for item in backwards["Items"]] == ["39", "38", "37"]
    bounded = client.query(
        TableName=table, ConsistentRead=True, KeyConditionExpression="PK = :p AND SK BETWEEN :a AND :b",
        FilterExpression="#v <> :c", ExpressionAttributeNames={"#v": "value"},
        ExpressionAttributeValues={":p": {"S": "query"}, ":a": {"N": "9"}, ":b": {"N": "12"}, ":c": {"S": "query-10"}},
    )
    assert [item["SK"]["N"] for item in bounded["Items"]] == ["9", "11", "12"]
    assert (bounded["Count"], bounded["ScannedCount"]) == (3, 4)


def test_scan_finds_every_item_once(client, table):
    expected = set()
    for partition in range(12):
        fill(client, table, f"scan-{partition}", 10)
        expected |= {(f"scan-{partition}", str(sort)) for sort in range(10)}
    pages = client.get_paginator("scan").paginate(
        TableName=table, ConsistentRead=True, PaginationConfig={"PageSize": 17}
    )
    found = [(item["PK"]["S"], item["SK"]["N"]) for page in pages for item in page["Items"]]
    assert len(found) == 120 and set(found) == expected


def test_segments_of_a_scan_share_the_table(client, table):
    for partition in range(20):
        fill(client, table, f"segment-{partition}", 2)
    found = []
    for segment in range(3):
        pages = client.get_paginator("scan").paginate(
            TableName=table, ConsistentRead=True, Segment=segment, TotalSegments=3
        )
        found += [(item["PK"]["S"], item["SK"]["N"]) for page in pages for item in page["Items"]]
    assert len(found) == 40 and len(set(found)) == 40


def test_batches_write_delete_and_read(client, table):
    fill(client, table, "batch", 30)
    keys = [key("batch", sort) for sort in range(0, 60, 2)]
    answer = client.batch_get_item(RequestItems={table: {"Keys": keys, "ConsistentRead": True}})
    assert answer["UnprocessedKeys"] == {}
    assert sorted(int(item["SK"]["N"]) for item in answer["Responses"][table]) == list(range(0, 30, 2))
    client.batch_write_item(
        RequestItems={table: [{"DeleteRequest": {"Key": key("batch", sort)}} for sort in range(25)]}
    )
    left = client.query(
        TableName=table, ConsistentRead=True, Select="COUNT", KeyConditionExpression="PK = :p",
        ExpressionAttributeValues={":p": {"S": "batch"}},
    )
    assert left["Count"] == 5


def test_an_index_is_queried_by_its_own_key(client):
    name = f"index-{uuid.uuid4().hex[:8]}"
    client.create_table(
        TableName=name, BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "id", "AttributeType": "S"}, {"AttributeName": "owner", "AttributeType": "S"},
        ],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[{
            "IndexName": "ByOwner", "KeySchema": [{"AttributeName": "owner", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }],
    )
    client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    for number in range(3):
        client.put_item(TableName=name, Item={"id": {"S": str(number)}, "owner": {"S": "xyx"[number]}, "a": {"S": "b"}})
    owned = {
        "TableName": name, "IndexName": "ByOwner", "KeyConditionExpression": "#o = :o",
        "ExpressionAttributeNames": {"#o": "owner"}, "ExpressionAttributeValues": {":o": {"S": "x"}},
    }
    deadline = time.monotonic() + 10
    while client.query(**owned)["Count"] < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    found = sorted(client.query(**owned)["Items"], key=lambda item: item["id"]["S"])
    assert found == [{"id": {"S": "0"}, "owner": {"S": "x"}}, {"id": {"S": "2"}, "owner": {"S": "x"}}]
    client.delete_table(TableName=name)


def test_bad_requests_get_an_error_and_keep_the_connection(client, table):
    failing("ValidationException", client.put_item, TableName=table, Item={"PK": {"S": "no sort key"}})
    failing("ValidationException", client.get_item, TableName=table, Key={"PK": {"N": "1"}, "SK": {"N": "1"}})
    failing("ValidationException", client.update_item, TableName=table, Key=key("bad", 1), UpdateExpression="SET")
    failing("ResourceNotFoundException", client.get_item, TableName="no-such-table", Key=key("x", 1))
    client.put_item(TableName=table, Item=key("good", 1))


def test_sts_says_who_is_calling(session, environment):
    sts = session.client("sts", endpoint_url=environment["AWS_ENDPOINT_URL"])
    identity = sts.get_caller_identity()
    assert identity["Account"].isdigit() and len(identity["Account"]) == 12
    assert identity["Arn"].startswith("arn:aws:")


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz"])
def test_plain_gets_are_answered(environment, path):
    with urllib.request.urlopen(environment["AWS_ENDPOINT_URL"] + path, timeout=10) as response:
        assert response.status == 200


def test_the_older_form_of_conditions_and_updates(client, table):
    def update(name, action, value=None, **more):
        change = {"Action": action} | ({"Value": value} if value else {})
        return client.update_item(
            TableName=table, Key=key("older", 1), AttributeUpdates={name: change}, ReturnValues="UPDATED_NEW", **more
        ).get("Attributes")

    assert update("n", "ADD", {"N": "2"}) == {"n": {"N": "2"}}
    assert update("n", "ADD", {"N": "-5"}) == {"n": {"N": "-3"}}
    assert update("l", "ADD", {"L": [{"S": "a"}]}) == {"l": {"L": [{"S": "a"}]}}
    assert update("l", "ADD", {"L": [{"N": "1"}]}) == {"l": {"L": [{"S": "a"}, {"N": "1"}]}}
    assert update("l", "PUT", {"SS": ["a", "b"]}) == {"l": {"SS": ["a", "b"]}}
    assert update("l", "DELETE", {"SS": ["b"]}) == {"l": {"SS": ["a"]}}
    refused = failing(
        "ValidationException", client.update_item, TableName=table, Key=key("older", 1),
        AttributeUpdates={"l": {"Action": "ADD", "Value": {"N": "1"}}},
    )
    assert refused["Error"]["Message"] == "Type mismatch for attribute to update"
    holds = {"n": {"ComparisonOperator": "LT", "AttributeValueList": [{"N": "0"}]}, "x": {"Exists": False}}
    assert update("l", "DELETE", Expected=holds) is None
    fails = {"n": {"Value": {"N": "7"}}, "l": {"ComparisonOperator": "NOT_NULL"}}
    failing("ConditionalCheckFailedException", client.delete_item, TableName=table, Key=key("older", 1), Expected=fails)
    failing("ConditionalCheckFailedException", client.put_item, TableName=table, Item=key("older", 1), Expected=fails,
            ConditionalOperator="OR")
    client.put_item(TableName=table, Item=key("older", 1), Expected=fails | holds, ConditionalOperator="OR")


def test_the_older_form_of_queries_and_scans(client, table):
    items = fill(client, table, "older", 12)
    is_older = {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "older"}]}
    between = {"ComparisonOperator": "BETWEEN", "AttributeValueList": [{"N": "2"}, {"N": "9"}]}
    value = {"ComparisonOperator": "IN", "AttributeValueList": [{"S": "older-3"}, {"S": "older-11"}]}
    found = client.query(TableName=table, KeyConditions={"PK": is_older, "SK": between}, ConsistentRead=True)
    assert found["Items"] == items[2:10]
    found = client.query(
        TableName=table, KeyConditions={"PK": is_older, "SK": between}, QueryFilter={"value": value},
        AttributesToGet=["SK"], ConsistentRead=True,
    )
    assert found["Items"] == [{"SK": {"N": "3"}}] and found["ScannedCount"] == 8
    found = client.scan(TableName=table, ScanFilter={"value": value, "PK": is_older}, ConsistentRead=True)
    assert sorted(item["SK"]["N"] for item in found["Items"]) == ["11", "3"]
    # The older key conditions go with a filter of the newer form.
    found = client.query(
        TableName=table, KeyConditions={"PK": is_older}, FilterExpression="#v = :v", ConsistentRead=True,
        ExpressionAttributeNames={"#v": "value"}, ExpressionAttributeValues={":v": {"S": "older-5"}},
    )
    assert found["Items"] == items[5:6]
