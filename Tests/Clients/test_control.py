"""Changes of tables, tags, time to live, and the forms of HTTP, against real processes."""

import concurrent.futures
import gzip
import http.client
import json
import shutil
import subprocess
import time
import urllib.parse
import zlib

import pytest
from botocore.exceptions import ClientError


def refused(code, text, call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    assert error["Code"] == code and text in error["Message"], error


def until(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "It did not come about in time."
        time.sleep(0.02)
    return found


def described(client, table):
    return client.describe_table(TableName=table)["Table"]


def index_status(client, table, name):
    indexes = described(client, table).get("GlobalSecondaryIndexes", [])
    return next((index["IndexStatus"] for index in indexes if index["IndexName"] == name), None)


def create_index(client, table, name, attribute, **more):
    return client.update_table(
        TableName=table,
        AttributeDefinitions=[{"AttributeName": attribute, "AttributeType": "S"}],
        GlobalSecondaryIndexUpdates=[{"Create": {
            "IndexName": name,
            "KeySchema": [{"AttributeName": attribute, "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"}} | more}],
    )


def test_billing_throughput_class_and_protection(client, table):
    refused("ValidationException", "At least one of", client.update_table, TableName=table)
    units = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6}
    refused("ValidationException", "Neither ReadCapacityUnits nor", client.update_table, TableName=table,
            ProvisionedThroughput=units)
    client.update_table(TableName=table, BillingMode="PROVISIONED", ProvisionedThroughput=units)
    assert described(client, table)["ProvisionedThroughput"]["WriteCapacityUnits"] == 6
    refused("ValidationException", "will not change", client.update_table, TableName=table,
            ProvisionedThroughput=units)
    client.update_table(TableName=table, BillingMode="PAY_PER_REQUEST")
    assert described(client, table)["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    client.update_table(TableName=table, TableClass="STANDARD_INFREQUENT_ACCESS")
    assert described(client, table)["TableClassSummary"]["TableClass"] == "STANDARD_INFREQUENT_ACCESS"
    client.update_table(TableName=table, DeletionProtectionEnabled=True)
    refused("ValidationException", "protected against deletion", client.delete_table, TableName=table)
    client.update_table(TableName=table, DeletionProtectionEnabled=False)


def test_a_stream_is_switched_on_and_off(client, table):
    on = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    refused("ValidationException", "no stream to disable", client.update_table, TableName=table,
            StreamSpecification={"StreamEnabled": False})
    client.update_table(TableName=table, StreamSpecification=on)
    first = described(client, table)
    assert first["StreamSpecification"] == on
    assert first["LatestStreamArn"] == f"{first['TableArn']}/stream/{first['LatestStreamLabel']}"
    refused("ValidationException", "already has an enabled stream", client.update_table, TableName=table,
            StreamSpecification=on)
    client.update_table(TableName=table, StreamSpecification={"StreamEnabled": False})
    off = described(client, table)
    assert "StreamSpecification" not in off and off["LatestStreamArn"] == first["LatestStreamArn"]
    client.update_table(TableName=table, StreamSpecification=on)
    assert described(client, table)["LatestStreamArn"] != first["LatestStreamArn"]


def test_an_index_comes_and_goes(client, table):
    for number in range(30):
        client.put_item(TableName=table, Item={
            "PK": {"S": f"p{number}"}, "SK": {"N": "0"}, "colour": {"S": "red" if number % 3 else "blue"}})
    create_index(client, table, "byColour", "colour")
    until(lambda: index_status(client, table, "byColour") == "ACTIVE")
    query = {"TableName": table, "IndexName": "byColour", "KeyConditionExpression": "colour = :c",
             "ExpressionAttributeValues": {":c": {"S": "blue"}}}
    assert client.query(**query)["Count"] == 10, "An index is whole when it says that it is active."
    refused("ValidationException", "already exists", create_index, client=client, table=table, name="byColour",
            attribute="colour")
    refused("ValidationException", "redefined", client.update_table, TableName=table,
            AttributeDefinitions=[{"AttributeName": "colour", "AttributeType": "N"}],
            GlobalSecondaryIndexUpdates=[{"Create": {
                "IndexName": "other", "KeySchema": [{"AttributeName": "colour", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"}}}])
    refused("LimitExceededException", "Only 1 online index", client.update_table, TableName=table,
            GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "byColour"}}, {"Delete": {"IndexName": "other"}}])
    refused("ResourceNotFoundException", "other", client.update_table, TableName=table,
            GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "other"}}])
    client.update_table(TableName=table, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "byColour"}}])
    until(lambda: index_status(client, table, "byColour") is None)
    assert [a["AttributeName"] for a in described(client, table)["AttributeDefinitions"]] == ["PK", "SK"]
    refused("ValidationException", "byColour", client.query, **query)
    client.put_item(TableName=table, Item={"PK": {"S": "n"}, "SK": {"N": "0"}, "colour": {"N": "7"}})


def test_an_index_that_is_active_is_read_over_any_connection(environment, table):
    """Connections are served by several loops, and each hears of a change in its own time."""
    def call(operation, **body):
        status, _, answer = post(environment, f"DynamoDB_20120810.{operation}", json.dumps({"TableName": table} | body).encode())
        assert status == 200, answer
        return json.loads(answer)

    for number in range(4):
        name = f"by{number}ofMany"
        call("UpdateTable", AttributeDefinitions=[{"AttributeName": "colour", "AttributeType": "S"}],
             GlobalSecondaryIndexUpdates=[{"Create": {
                 "IndexName": name, "KeySchema": [{"AttributeName": "colour", "KeyType": "HASH"}],
                 "Projection": {"ProjectionType": "ALL"}}}])
        until(lambda: call("DescribeTable")["Table"]["GlobalSecondaryIndexes"][number]["IndexStatus"] == "ACTIVE")
        for _ in range(4):
            assert call("Scan", IndexName=name)["Count"] == 0


def test_a_description_tells_how_much_there_is(client, table):
    """Exact soon after the last write, of the indexes too."""
    create_index(client, table, "byColour", "colour", Projection={"ProjectionType": "KEYS_ONLY"})
    until(lambda: index_status(client, table, "byColour") == "ACTIVE")

    def sizes():
        shown = described(client, table)
        [index] = shown["GlobalSecondaryIndexes"]
        return (shown["ItemCount"], shown["TableSizeBytes"]), (index["ItemCount"], index["IndexSizeBytes"])

    for number in range(30):
        item = {"PK": {"S": f"p{number:02}"}, "SK": {"N": "7"}, "text": {"S": "x" * 100}}
        if number % 3 == 0:
            item["colour"] = {"S": "red"}
        client.put_item(TableName=table, Item=item)
    # Names and values: PK 2 + 3, SK 2 + 2, text 4 + 100, colour 6 + 3.
    # A shard that is never quiet counts once a minute.
    until(lambda: sizes() == ((30, 30 * 113 + 10 * 9), (10, 10 * (9 + 9))), seconds=150)
    for number in range(15):
        client.delete_item(TableName=table, Key={"PK": {"S": f"p{number:02}"}, "SK": {"N": "7"}})
    until(lambda: sizes() == ((15, 15 * 113 + 5 * 9), (5, 5 * (9 + 9))), seconds=150)

    def told_by_an_update():
        answer = client.update_table(TableName=table, DeletionProtectionEnabled=False)
        return answer["TableDescription"]["ItemCount"]

    # Any replica may be asked, and one may have counted a moment earlier than another.
    until(lambda: told_by_an_update() == 15)


def test_tags(client, table):
    arn = described(client, table)["TableArn"]

    def tags():
        return {tag["Key"]: tag["Value"] for tag in client.list_tags_of_resource(ResourceArn=arn)["Tags"]}

    client.tag_resource(ResourceArn=arn, Tags=[{"Key": "team", "Value": "ris"}, {"Key": "Ѯ ", "Value": ""}])
    client.tag_resource(ResourceArn=arn, Tags=[{"Key": "team", "Value": "pacs"}])
    assert tags() == {"team": "pacs", "Ѯ ": ""}
    client.untag_resource(ResourceArn=arn, TagKeys=["Ѯ ", "absent"])
    assert tags() == {"team": "pacs"}
    refused("ValidationException", "Key: hi!", client.tag_resource, ResourceArn=arn,
            Tags=[{"Key": "hi!", "Value": "x"}])
    refused("ValidationException", "exceed the current limit", client.tag_resource, ResourceArn=arn,
            Tags=[{"Key": f"k{number}", "Value": ""} for number in range(50)])
    refused("ResourceNotFoundException", "", client.list_tags_of_resource, ResourceArn=arn + "x")
    refused("ValidationException", "resource arn", client.list_tags_of_resource, ResourceArn=arn + "/index/i")


def test_changes_at_once_lose_nothing(client, table):
    """Each is made from the newest state, and made again where another came first."""
    arn = described(client, table)["TableArn"]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(
            lambda number: client.tag_resource(ResourceArn=arn, Tags=[{"Key": f"k{number}", "Value": "v"}]),
            range(40)))
    assert len(client.list_tags_of_resource(ResourceArn=arn)["Tags"]) == 40


def test_expired_items_go_within_seconds(client, table):
    now = int(time.time())
    times = {"past": now - 60, "soon": now + 2, "later": now + 3_600, "ancient": 162_777_600}
    for name, expires in times.items():
        client.put_item(TableName=table, Item={"PK": {"S": name}, "SK": {"N": "0"}, "ttl": {"N": str(expires)}})
    client.put_item(TableName=table, Item={"PK": {"S": "text"}, "SK": {"N": "0"}, "ttl": {"S": str(now - 60)}})
    on = {"Enabled": True, "AttributeName": "ttl"}
    refused("ValidationException", "already disabled", client.update_time_to_live, TableName=table,
            TimeToLiveSpecification=on | {"Enabled": False})
    answer = client.update_time_to_live(TableName=table, TimeToLiveSpecification=on)
    assert answer["TimeToLiveSpecification"] == on
    refused("ValidationException", "already enabled", client.update_time_to_live, TableName=table,
            TimeToLiveSpecification=on)
    refused("ValidationException", "different AttributeName", client.update_time_to_live, TableName=table,
            TimeToLiveSpecification=on | {"AttributeName": "other"})
    assert client.describe_time_to_live(TableName=table)["TimeToLiveDescription"] == {
        "TimeToLiveStatus": "ENABLED", "AttributeName": "ttl"}

    def names():
        return {item["PK"]["S"] for item in client.scan(TableName=table, ConsistentRead=True)["Items"]}

    until(lambda: names() == {"later", "ancient", "text"})


def test_continuous_backups(client, table):
    def recovery():
        answer = client.describe_continuous_backups(TableName=table)
        return answer["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]

    assert recovery() == {"PointInTimeRecoveryStatus": "DISABLED"}
    client.update_continuous_backups(TableName=table, PointInTimeRecoverySpecification={
        "PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 7})
    assert recovery() == {"PointInTimeRecoveryStatus": "ENABLED", "RecoveryPeriodInDays": 7}
    refused("TableNotFoundException", "absent", client.describe_continuous_backups, TableName="absent")


def test_what_has_nothing_to_do_with_a_table(client, session, environment):
    assert client.describe_limits()["TableMaxReadCapacityUnits"] == 40_000
    endpoint = urllib.parse.urlsplit(environment["AWS_ENDPOINT_URL"])
    assert client.describe_endpoints()["Endpoints"][0]["Address"] == endpoint.netloc
    keys = session.client("kms", endpoint_url=environment["AWS_ENDPOINT_URL"])
    assert keys.describe_key(KeyId="alias/aws/dynamodb")["KeyMetadata"]["KeyState"] == "Enabled"
    refused("NotFoundException", "other", keys.describe_key, KeyId="alias/other")


def test_what_is_not_there_says_so(client, environment):
    served = {
        "BatchGetItem", "BatchWriteItem", "CreateGlobalTable", "CreateTable", "DeleteItem", "DeleteTable",
        "DescribeContinuousBackups", "DescribeEndpoints", "DescribeGlobalTable", "DescribeGlobalTableSettings",
        "DescribeLimits", "DescribeTable", "DescribeTimeToLive", "GetItem", "ListGlobalTables", "ListTables",
        "ListTagsOfResource", "PutItem", "Query", "Scan", "TagResource", "UntagResource", "UpdateContinuousBackups",
        "UpdateGlobalTable", "UpdateGlobalTableSettings", "UpdateItem", "UpdateTable", "UpdateTimeToLive"}
    for name in set(client.meta.service_model.operation_names) - served:
        status, _, body = post(environment, f"DynamoDB_20120810.{name}", b"{}")
        answer = json.loads(body)
        assert (status, answer["message"]) == (400, f"The operation {name} is not supported by Gantry yet")
        assert answer["__type"].endswith("#ValidationException")
    status, _, body = post(environment, "DynamoDB_20120810.Nonsense", b"{}")
    assert status == 400 and json.loads(body)["__type"].endswith("#UnknownOperationException")


# HTTP


def post(environment, target, body, **headers):
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(environment["AWS_ENDPOINT_URL"]).netloc, timeout=30)
    sent = {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.0"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("POST", "/", body, sent)
    answer = connection.getresponse()
    received = answer.read()
    if received:
        assert int(answer.headers["x-amz-crc32"]) == zlib.crc32(received), "Of the bytes as they were sent."
    connection.close()
    return answer.status, answer.headers, received


def test_packed_bodies(environment, table):
    item = {"PK": {"S": "p"}, "SK": {"N": "1"}, "body": {"S": "scan " * 2_000}}
    put = json.dumps({"TableName": table, "Item": item}).encode()
    target = "DynamoDB_20120810.PutItem"
    assert post(environment, target, gzip.compress(put), Content_Encoding="gzip")[0] == 200
    assert post(environment, target, zlib.compress(put), Content_Encoding="deflate")[0] == 200
    assert post(environment, target, put, Content_Encoding="gzip")[0] == 500
    bomb = gzip.compress(b" " * (17 << 20))
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(environment["AWS_ENDPOINT_URL"]).netloc, timeout=30)
    connection.request("POST", "/", bomb, {"X-Amz-Target": target, "Content-Encoding": "gzip"})
    assert connection.getresponse().status == 413
    connection.close()
    get = json.dumps({"TableName": table, "Key": {"PK": item["PK"], "SK": item["SK"]}}).encode()
    status, headers, packed = post(environment, "DynamoDB_20120810.GetItem", get, Accept_Encoding="gzip")
    assert status == 200 and headers["content-encoding"] == "gzip" and len(packed) < 1_000
    assert json.loads(gzip.decompress(packed))["Item"] == item
    status, headers, plain = post(environment, "DynamoDB_20120810.GetItem", get)
    assert "content-encoding" not in headers and json.loads(plain)["Item"] == item


def test_a_body_in_chunks(environment):
    def pieces():
        yield b'{"Lim'
        yield b'it":1}'

    status, _, body = post(environment, "DynamoDB_20120810.ListTables", pieces())
    assert status == 200 and "TableNames" in json.loads(body)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_http2_with_prior_knowledge(environment, table):
    """Large both ways, so that flow control has its say."""
    item = {"PK": {"S": "p"}, "SK": {"N": "2"}, "body": {"S": "x" * 380_000}}

    def call(operation, body):
        done = subprocess.run(
            ["curl", "-sS", "--http2-prior-knowledge", "-w", "\n%{http_version} %{http_code}", "--data-binary", "@-",
             "-H", f"X-Amz-Target: DynamoDB_20120810.{operation}", "-H", "Content-Type: application/x-amz-json-1.0",
             environment["AWS_ENDPOINT_URL"]],
            input=json.dumps(body), capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        text, _, status = done.stdout.rpartition("\n")
        assert status == "2 200", done.stdout
        return json.loads(text)

    assert call("PutItem", {"TableName": table, "Item": item}) == {}
    found = call("GetItem", {"TableName": table, "Key": {"PK": item["PK"], "SK": item["SK"]}})
    assert found["Item"] == item
