"""Queries and scans as a client pages through them."""

import itertools

import pytest
from test_boto3 import failing, fill, key


def pages(call, **arguments):
    while True:
        answer = call(**arguments)
        yield answer
        if "LastEvaluatedKey" not in answer:
            return
        arguments["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def of(partition, **more):
    return {
        "KeyConditionExpression": "PK = :p", "ConsistentRead": True, **more,
        "ExpressionAttributeValues": {":p": {"S": partition}} | more.get("ExpressionAttributeValues", {}),
    }


def test_a_page_ends_at_a_megabyte(client, table):
    for sort in range(0, 24, 8):
        requests = [{"PutRequest": {"Item": key("big", sort + i) | {"x": {"S": "x" * 99_000}}}} for i in range(8)]
        assert client.batch_write_item(RequestItems={table: requests})["UnprocessedItems"] == {}
    found = list(pages(client.query, TableName=table, **of("big")))
    assert [page["Count"] for page in found] == [11, 11, 2]
    assert [int(item["SK"]["N"]) for page in found for item in page["Items"]] == list(range(24))
    # What is not returned has been read.
    counted = list(pages(client.query, TableName=table, **of("big", Select="COUNT")))
    assert [page["Count"] for page in counted] == [11, 11, 2] and "Items" not in counted[0]
    narrow = list(pages(client.query, TableName=table, **of("big", ProjectionExpression="SK")))
    assert [page["Count"] for page in narrow] == [11, 11, 2]
    scanned = list(pages(client.scan, TableName=table, ConsistentRead=True))
    assert [page["Count"] for page in scanned] == [11, 11, 2]


@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("condition, expected", [
    ("", range(30)), (" AND SK < :a", range(12)), (" AND SK <= :a", range(13)), (" AND SK > :a", range(13, 30)),
    (" AND SK >= :a", range(12, 30)), (" AND SK = :a", [12]), (" AND SK BETWEEN :a AND :b", range(12, 20)),
])
def test_pages_of_a_range_join_without_seam(client, table, condition, expected, forward):
    fill(client, table, "seam", 30)
    values = {name: {"N": str(number)} for name, number in ((":a", 12), (":b", 19)) if name in condition}
    for limit in (1, 5, 30):
        arguments = of("seam", ExpressionAttributeValues=values, ScanIndexForward=forward, Limit=limit)
        arguments["KeyConditionExpression"] += condition
        found = [item for page in pages(client.query, TableName=table, **arguments) for item in page["Items"]]
        assert [int(item["SK"]["N"]) for item in found] == (list(expected) if forward else list(expected)[::-1])


def test_a_page_starts_behind_a_key_that_need_not_exist(client, table):
    fill(client, table, "start", 10)
    client.delete_item(TableName=table, Key=key("start", 4))
    for start, expected in ((4, [5, 6]), (-1, [0, 1]), (9, []), (8, [9])):
        found = client.query(TableName=table, ExclusiveStartKey=key("start", start), Limit=2, **of("start"))
        assert [int(item["SK"]["N"]) for item in found["Items"]] == expected


def test_a_limit_counts_what_is_read_not_what_is_found(client, table):
    fill(client, table, "limit", 20)
    filtered = of("limit", FilterExpression="#v = :v", ExpressionAttributeNames={"#v": "value"},
                  ExpressionAttributeValues={":v": {"S": "limit-13"}}, Limit=6)
    found = list(pages(client.query, TableName=table, **filtered))
    assert [(page["Count"], page["ScannedCount"]) for page in found] == [(0, 6), (0, 6), (1, 6), (0, 2)]
    # A page that ends with the last item does not know it.
    assert "LastEvaluatedKey" in client.query(TableName=table, **of("limit", Limit=20))
    assert "LastEvaluatedKey" not in client.query(TableName=table, **of("limit", Limit=21))


def test_segments_with_filters_limits_and_projections_share_a_scan(client, table):
    for partition in range(8):
        fill(client, table, f"part-{partition}", 5)
    found = []
    for segment in range(4):
        for page in pages(
            client.scan, TableName=table, ConsistentRead=True, Segment=segment, TotalSegments=4, Limit=3,
            FilterExpression="SK > :two", ExpressionAttributeValues={":two": {"N": "2"}}, ProjectionExpression="PK, SK",
        ):
            assert page["ScannedCount"] <= 3
            found += [(item["PK"]["S"], item["SK"]["N"]) for item in page["Items"]]
    assert sorted(found) == sorted(itertools.product((f"part-{n}" for n in range(8)), "34"))
    refused = failing("ValidationException", client.scan, TableName=table, Segment=4, TotalSegments=4)
    assert refused["Error"]["Message"] == (
        "The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: 4 is not less than "
        "TotalSegments: 4"
    )


def test_projections_reach_into_maps_and_lists(client, table):
    item = key("deep", 1) | {
        "a": {"M": {"b": {"L": [{"N": "0"}, {"M": {"c": {"S": "x"}, "d": {"S": "y"}}}, {"N": "2"}]}, "e": {"S": "z"}}},
        "f.g": {"S": "dot"},
    }
    client.put_item(TableName=table, Item=item)
    names = {"#fg": "f.g", "#a": "a"}
    expression = "a.b[2], #a.b[1].c, #fg, a.nothing, a.b[9]"
    expected = {"a": {"M": {"b": {"L": [{"M": {"c": {"S": "x"}}}, {"N": "2"}]}}}, "f.g": {"S": "dot"}}
    asked = {"ProjectionExpression": expression, "ExpressionAttributeNames": names}
    assert client.get_item(TableName=table, Key=key("deep", 1), ConsistentRead=True, **asked)["Item"] == expected
    assert client.query(TableName=table, **of("deep", **asked))["Items"] == [expected]
    assert client.scan(TableName=table, ConsistentRead=True, **asked)["Items"] == [expected]
    batch = client.batch_get_item(RequestItems={table: {"Keys": [key("deep", 1)], "ConsistentRead": True, **asked}})
    assert batch["Responses"][table] == [expected]


def test_a_batch_of_more_than_an_answer_holds_is_given_in_parts(client, table):
    for start in range(0, 42, 14):
        requests = [{"PutRequest": {"Item": key("wide", start + i) | {"x": {"S": "x" * 409_000}}}} for i in range(14)]
        assert client.batch_write_item(RequestItems={table: requests})["UnprocessedItems"] == {}
    rest = {table: {"Keys": [key("wide", sort) for sort in range(42)], "ProjectionExpression": "SK"}}
    counts, found = [], []
    while rest:
        answer = client.batch_get_item(RequestItems=rest)
        found += [int(item["SK"]["N"]) for item in answer["Responses"][table]]
        counts.append(len(answer["Responses"][table]))
        rest = answer["UnprocessedKeys"]
    assert sorted(found) == list(range(42)) and counts == [41, 1]
