"""DynamoDB Streams by boto3, and a consumer that is killed."""

import base64
import json
import os
import pathlib
import random
import subprocess
import sys
import time
import uuid

import botocore.config
import pytest
from botocore.exceptions import ClientError

from conftest import gantry
from test_boto3 import failing, key


@pytest.fixture(scope="session")
def streams(environment, session):
    config = botocore.config.Config(retries={"max_attempts": 1}, parameter_validation=False)
    return session.client("dynamodbstreams", endpoint_url=environment["AWS_ENDPOINT_URL"], config=config)


def make(client, view):
    name = f"stream-{uuid.uuid4().hex[:12]}"
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "PK", "AttributeType": "S"},
            {"AttributeName": "SK", "AttributeType": "N"},
        ],
        KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": view},
    )
    client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    return name


@pytest.fixture
def streamed(client):
    """Makes tables with streams of the views that a test asks for."""
    made = []

    def make_one(view="NEW_AND_OLD_IMAGES"):
        made.append(make(client, view))
        return made[-1]

    yield make_one
    for name in made:
        client.delete_table(TableName=name)


def arn_of(streams, table):
    return streams.list_streams(TableName=table)["Streams"][-1]["StreamArn"]


def shards_of(streams, arn, **arguments):
    return streams.describe_stream(StreamArn=arn, **arguments)["StreamDescription"]["Shards"]


def iterators(streams, arn, kind="TRIM_HORIZON"):
    return [
        streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType=kind)["ShardIterator"]
        for shard in shards_of(streams, arn)
    ]


def read_all(streams, arn, kind="TRIM_HORIZON"):
    records = []
    for iterator in iterators(streams, arn, kind):
        while iterator:
            page = streams.get_records(ShardIterator=iterator)
            if not page["Records"]:
                break
            records += page["Records"]
            iterator = page.get("NextShardIterator")
    return records


def test_records_have_the_exact_form(client, streams, streamed):
    table = streamed()
    before = int(time.time())
    client.put_item(TableName=table, Item=key("p", 101) | {"Message": {"S": "New item!"}})
    client.put_item(TableName=table, Item=key("p", 101) | {"Message": {"S": "New item!"}})
    client.put_item(TableName=table, Item=key("p", 101) | {"Message": {"S": "This item has changed"}})
    client.delete_item(TableName=table, Key=key("p", 101))
    client.delete_item(TableName=table, Key=key("p", 101))
    records = read_all(streams, arn_of(streams, table))
    assert [record["eventName"] for record in records] == ["INSERT", "MODIFY", "REMOVE"]
    insert, modify, remove = records
    assert set(insert) == {"eventID", "eventName", "eventVersion", "eventSource", "awsRegion", "dynamodb"}
    assert (insert["eventVersion"], insert["eventSource"]) == ("1.1", "aws:dynamodb")
    assert len({record["eventID"] for record in records}) == 3 and len(insert["eventID"]) == 32
    change = insert["dynamodb"]
    assert change["Keys"] == key("p", 101)
    assert change["NewImage"] == key("p", 101) | {"Message": {"S": "New item!"}} and "OldImage" not in change
    # PK and SK: 2 + 1 and 2 + 3; Message: 7 + 9.
    assert change["SizeBytes"] == 8 + 8 + 16
    assert change["StreamViewType"] == "NEW_AND_OLD_IMAGES"
    assert before - 2 <= change["ApproximateCreationDateTime"].timestamp() <= time.time() + 2
    assert modify["dynamodb"]["OldImage"] == change["NewImage"]
    assert remove["dynamodb"]["OldImage"] == modify["dynamodb"]["NewImage"] and "NewImage" not in remove["dynamodb"]
    numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
    assert all(number.isdecimal() and 21 <= len(number) <= 40 for number in numbers)
    assert numbers == sorted(numbers, key=int)


@pytest.mark.parametrize("view", ["KEYS_ONLY", "OLD_IMAGE", "NEW_IMAGE"])
def test_a_view_shows_its_images_alone(client, streams, streamed, view):
    table = streamed(view)
    client.put_item(TableName=table, Item=key("p", 1) | {"v": {"N": "1"}})
    client.put_item(TableName=table, Item=key("p", 1) | {"v": {"N": "2"}})
    client.delete_item(TableName=table, Key=key("p", 1))
    shown = [set(record["dynamodb"]) & {"OldImage", "NewImage"} for record in read_all(streams, arn_of(streams, table))]
    assert shown == {
        "KEYS_ONLY": [set(), set(), set()],
        "OLD_IMAGE": [set(), {"OldImage"}, {"OldImage"}],
        "NEW_IMAGE": [{"NewImage"}, {"NewImage"}, set()],
    }[view]


def test_describe_stream_pages_through_shards(streams, streamed):
    table = streamed()
    arn = arn_of(streams, table)
    described = streams.describe_stream(StreamArn=arn)["StreamDescription"]
    assert (described["StreamStatus"], described["TableName"]) == ("ENABLED", table)
    assert described["StreamLabel"] == arn.rsplit("/", 1)[1]
    assert described["KeySchema"][0] == {"AttributeName": "PK", "KeyType": "HASH"}
    assert "CreationRequestDateTime" in described and "LastEvaluatedShardId" not in described
    ids = [shard["ShardId"] for shard in described["Shards"]]
    assert len(ids) > 1 and ids == sorted(ids)
    assert all(len(shard) == 37 and shard.startswith("shardId-") for shard in ids)
    assert all("EndingSequenceNumber" not in shard["SequenceNumberRange"] for shard in described["Shards"])
    paged, start = [], {}
    while True:
        page = streams.describe_stream(StreamArn=arn, Limit=2, **start)["StreamDescription"]
        paged += [shard["ShardId"] for shard in page["Shards"]]
        if "LastEvaluatedShardId" not in page:
            break
        assert page["LastEvaluatedShardId"] == paged[-1]
        start = {"ExclusiveStartShardId": page["LastEvaluatedShardId"]}
    assert paged == ids
    assert shards_of(streams, arn, ShardFilter={"Type": "CHILD_SHARDS", "ShardId": ids[0]}) == []


def test_list_streams_pages(streams, streamed):
    tables = {streamed(), streamed("KEYS_ONLY")}
    listed, start = [], {}
    while True:
        page = streams.list_streams(Limit=1, **start)
        listed += page["Streams"]
        if "LastEvaluatedStreamArn" not in page:
            break
        assert page["LastEvaluatedStreamArn"] == page["Streams"][-1]["StreamArn"]
        start = {"ExclusiveStartStreamArn": page["LastEvaluatedStreamArn"]}
    assert tables <= {stream["TableName"] for stream in listed}
    assert len({stream["StreamArn"] for stream in listed}) == len(listed)
    assert streams.list_streams(TableName="there-is-none")["Streams"] == []


def test_iterators_begin_where_they_are_asked_to(client, streams, streamed):
    table = streamed("KEYS_ONLY")
    arn = arn_of(streams, table)
    for sort in range(5):
        client.put_item(TableName=table, Item=key("one", sort))
    records = read_all(streams, arn)
    numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
    shard = next(
        shard["ShardId"]
        for shard in shards_of(streams, arn)
        if streams.get_records(
            ShardIterator=streams.get_shard_iterator(
                StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )["ShardIterator"]
        )["Records"]
    )

    def read(kind, **arguments):
        iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType=kind, **arguments)
        page = streams.get_records(ShardIterator=iterator["ShardIterator"])
        return [record["dynamodb"]["SequenceNumber"] for record in page["Records"]]

    assert read("AT_SEQUENCE_NUMBER", SequenceNumber=numbers[2]) == numbers[2:]
    assert read("AFTER_SEQUENCE_NUMBER", SequenceNumber=numbers[2]) == numbers[3:]
    assert read("TRIM_HORIZON") == numbers
    assert read("LATEST") == []
    ask = {"StreamArn": arn, "ShardId": shard}
    iterator = streams.get_shard_iterator(ShardIteratorType="TRIM_HORIZON", **ask)["ShardIterator"]
    page = streams.get_records(ShardIterator=iterator, Limit=2)
    rest = streams.get_records(ShardIterator=page["NextShardIterator"])
    assert [record["eventID"] for record in page["Records"] + rest["Records"]] == [
        record["eventID"] for record in records
    ]


def test_what_is_not_right_is_refused(client, streams, streamed):
    table = streamed("KEYS_ONLY")
    arn = arn_of(streams, table)
    shard = shards_of(streams, arn)[0]["ShardId"]
    ask = {"StreamArn": arn, "ShardId": shard}
    absent = "1" + "9" * 20
    foreign = "shardId-00000000000000000001-00000000"
    unknown = arn.replace(table, "there-is-none")
    for code, call, arguments in [
        ("ValidationException", streams.list_streams, {"Limit": 0}),
        ("ValidationException", streams.list_streams, {"Limit": 101}),
        ("ValidationException", streams.list_streams, {"ExclusiveStartStreamArn": "x" * 40}),
        ("ValidationException", streams.describe_stream, {"StreamArn": "x" * 40}),
        ("ResourceNotFoundException", streams.describe_stream, {"StreamArn": unknown}),
        ("ValidationException", streams.describe_stream, {"StreamArn": arn, "ShardFilter": {"Type": "CHILD_SHARDS"}}),
        ("ValidationException", streams.get_shard_iterator, ask | {"ShardIteratorType": "NEWEST"}),
        ("ValidationException", streams.get_shard_iterator, ask | {"ShardIteratorType": "AT_SEQUENCE_NUMBER"}),
        ("ValidationException", streams.get_shard_iterator,
         ask | {"ShardIteratorType": "LATEST", "SequenceNumber": absent}),
        ("ValidationException", streams.get_shard_iterator,
         ask | {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": absent}),
        ("ValidationException", streams.get_shard_iterator,
         ask | {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": "no number, but long enough"}),
        ("TrimmedDataAccessException", streams.get_shard_iterator,
         ask | {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": "1" + "0" * 20}),
        ("ResourceNotFoundException", streams.get_shard_iterator,
         ask | {"ShardIteratorType": "LATEST", "ShardId": foreign}),
        ("ResourceNotFoundException", streams.get_shard_iterator,
         ask | {"ShardIteratorType": "LATEST", "StreamArn": unknown}),
        ("ValidationException", streams.get_records, {"ShardIterator": "no iterator"}),
    ]:
        failing(code, call, **arguments)
    iterator = streams.get_shard_iterator(ShardIteratorType="LATEST", **ask)["ShardIterator"]
    failing("ValidationException", streams.get_records, ShardIterator=iterator, Limit=1001)
    head, _, tail = iterator.rpartition("|")
    bytes_ = bytearray(base64.b64decode(tail))
    bytes_[-6] ^= 1
    forged = f"{head}|{base64.b64encode(bytes_).decode()}"
    failing("ValidationException", streams.get_records, ShardIterator=forged)


def test_a_record_can_be_read_as_soon_as_its_write_is_answered(client, streams, streamed):
    table = streamed("KEYS_ONLY")
    places = iterators(streams, arn_of(streams, table), "LATEST")
    for number in range(20):
        client.put_item(TableName=table, Item=key(f"p{number}", number))
        found = 0
        for place, iterator in enumerate(places):
            page = streams.get_records(ShardIterator=iterator)
            found += len(page["Records"])
            places[place] = page["NextShardIterator"]
        assert found == 1


@pytest.fixture
def own_cluster(tmp_path):
    """One whose nodes may be killed; calls its cluster commands."""
    data = str(tmp_path / "data")
    up = json.loads(gantry("cluster", "up", "--topology", "bare", "--port", "0", "--data", data, "--detach", "--json"))
    try:
        yield up["regions"][0], lambda *arguments: gantry("cluster", *arguments, "--data", data)
    finally:
        gantry("cluster", "down", "--wipe", "--data", data)


def healthy_leaders(cluster):
    """Who leads which shard, once every shard has a leader and three whole replicas."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        shards = json.loads(cluster("status", "--json"))["shards"]
        replicas = [replica for shard in shards for replica in shard["replicas"]]
        if all(shard["leader"] for shard in shards) and all(
            replica["healthy"] and replica["role"] != "learner" for replica in replicas
        ):
            return [shard["leader"] for shard in shards]
        time.sleep(0.1)
    pytest.fail("the cluster is not healthy within 60 s")


def test_a_consumer_sees_each_record_once_and_in_order_through_kills(own_cluster, environment, session, tmp_path):
    """Both a leader and the consumer are killed with SIGKILL, GANTRY_STREAM_KILLS times; more than in every run: 100."""
    region, cluster = own_cluster
    kills = int(os.environ.get("GANTRY_STREAM_KILLS", "4"))
    dice = random.Random(7)
    config = botocore.config.Config(retries={"max_attempts": 10, "mode": "standard"})
    client = session.client("dynamodb", endpoint_url=region["endpoint"], config=config)
    table = make(client, "NEW_AND_OLD_IMAGES")
    program = str(pathlib.Path(__file__).parent / "stream_consumer.py")
    folder = tmp_path / "consumed"
    folder.mkdir()
    written = {}

    def consume():
        return subprocess.Popen(
            [sys.executable, program, table, str(folder)],
            env=environment | {"AWS_ENDPOINT_URL": region["endpoint"]},
            stderr=subprocess.DEVNULL,
        )

    def write(count):
        for _ in range(count):
            name, value = f"p{dice.randrange(40)}", str(sum(map(len, written.values())) + 1)
            client.put_item(TableName=table, Item=key(name, 0) | {"v": {"N": value}})
            written.setdefault(name, []).append(value)

    consumer = consume()
    try:
        for _ in range(kills):
            victim = dice.choice(healthy_leaders(cluster))
            write(20)
            cluster("kill", victim)
            write(20)
            time.sleep(dice.random() * 0.5)
            consumer.kill()
            consumer.wait()
            write(20)
            cluster("start", victim)
            consumer = consume()
        expected = sum(map(len, written.values()))
        deadline = time.monotonic() + 60
        while sum(len(line["records"]) for line in lines(folder)) < expected and time.monotonic() < deadline:
            assert consumer.poll() is None
            time.sleep(0.1)
    finally:
        consumer.kill()
        consumer.wait()
    seen = {}
    for path in sorted(folder.glob("*.jsonl")):
        numbers = []
        for line in lines(folder, path):
            numbers += line["records"]
            for keys, value in zip(line["keys"], line["values"]):
                seen.setdefault(keys["PK"]["S"], []).append(value)
        assert numbers == sorted(set(numbers), key=int)
    assert seen == written


def lines(folder, path=None):
    for file in [path] if path else sorted(folder.glob("*.jsonl")):
        for line in file.read_bytes().splitlines(keepends=True):
            if line.endswith(b"\n"):
                yield json.loads(line)
