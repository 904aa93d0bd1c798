"""Clients of two regions over one endpoint, against real processes."""

import time

import boto3
import botocore.config
import pytest

from test_control import until


@pytest.fixture(scope="module")
def regions(global_cluster):
    """One boto3 client for each region, all with the first region's endpoint."""
    described = global_cluster["regions"]
    return {
        region["name"]: boto3.client(
            "dynamodb", endpoint_url=described[0]["endpoint"], region_name=region["name"],
            aws_access_key_id="local", aws_secret_access_key="local",
            config=botocore.config.Config(retries={"max_attempts": 1}))
        for region in described
    }


@pytest.fixture(scope="module")
def stream_of(global_cluster):
    """What the stream of a region's table shows, by the region's own endpoint."""

    def read(region, table):
        endpoint = next(each["endpoint"] for each in global_cluster["regions"] if each["name"] == region)
        client = boto3.client(
            "dynamodbstreams", endpoint_url=endpoint, region_name=region, aws_access_key_id="local",
            aws_secret_access_key="local")
        arn = client.list_streams(TableName=table)["Streams"][0]["StreamArn"]
        changes = []
        for shard in client.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
            iterator = client.get_shard_iterator(
                StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
            changes += [record["dynamodb"] for record in client.get_records(ShardIterator=iterator)["Records"]]
        return changes

    return read


def test_a_request_goes_to_the_region_that_it_is_signed_for(regions):
    there = regions["eu-west-1"]
    there.create_table(
        TableName="far", BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}])
    there.get_waiter("table_exists").wait(TableName="far", WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    text = "é" * 50_000  # Long enough to be packed on the way.
    there.put_item(TableName="far", Item={"id": {"S": "a"}, "text": {"S": text}})
    assert there.get_item(TableName="far", Key={"id": {"S": "a"}})["Item"]["text"]["S"] == text
    assert there.describe_table(TableName="far")["Table"]["TableArn"].split(":")[3] == "eu-west-1"
    assert regions["us-east-1"].list_tables()["TableNames"] == []
    with pytest.raises(there.exceptions.ResourceNotFoundException):
        regions["us-east-1"].describe_table(TableName="far")


def test_a_table_gets_a_replica_and_loses_it(regions, stream_of):
    here, there = regions["us-east-1"], regions["eu-west-1"]
    here.create_table(
        TableName="shared", BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}, {"AttributeName": "c", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[{
            "IndexName": "by-c", "KeySchema": [{"AttributeName": "c", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"}}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"})
    here.get_waiter("table_exists").wait(TableName="shared", WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    here.put_item(TableName="shared", Item={"id": {"S": "before"}, "c": {"S": "red"}})
    here.update_table(TableName="shared", ReplicaUpdates=[{"Create": {"RegionName": "eu-west-1"}}])

    def replicas(client):
        return client.describe_table(TableName="shared")["Table"].get("Replicas", [])

    until(lambda: replicas(here) == [{"RegionName": "eu-west-1", "ReplicaStatus": "ACTIVE"}])
    until(lambda: replicas(there) == [{"RegionName": "us-east-1", "ReplicaStatus": "ACTIVE"}])
    table = there.describe_table(TableName="shared")["Table"]
    assert table["GlobalTableVersion"] == "2019.11.21" and table["StreamSpecification"]["StreamEnabled"]
    written = time.time()
    here.put_item(TableName="shared", Item={"id": {"S": "after"}, "c": {"S": "red"}})

    def red():
        found = there.query(
            TableName="shared", IndexName="by-c", KeyConditionExpression="c = :c",
            ExpressionAttributeValues={":c": {"S": "red"}})
        return {item["id"]["S"] for item in found["Items"]}

    until(lambda: red() == {"before", "after"})
    # Nobody writes there, and yet its stream tells when.
    told = [change for change in stream_of("eu-west-1", "shared") if change["Keys"] == {"id": {"S": "after"}}]
    assert [written - 2 <= change["ApproximateCreationDateTime"].timestamp() <= time.time() + 2 for change in told] == [True]
    with pytest.raises(here.exceptions.ClientError, match="acted as a source region"):
        here.delete_table(TableName="shared")
    here.update_table(TableName="shared", ReplicaUpdates=[{"Delete": {"RegionName": "eu-west-1"}}])
    until(lambda: replicas(here) == [] and "shared" not in there.list_tables()["TableNames"])
    here.delete_table(TableName="shared")


def test_a_replica_fails_where_another_table_has_its_name(regions):
    here, there = regions["us-east-1"], regions["eu-west-1"]
    for client in (here, there):
        client.create_table(
            TableName="taken", BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}])
        client.get_waiter("table_exists").wait(TableName="taken", WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    there.put_item(TableName="taken", Item={"id": {"S": "own"}})
    here.update_table(TableName="taken", ReplicaUpdates=[{"Create": {"RegionName": "eu-west-1"}}])
    until(lambda: [
        replica["ReplicaStatus"] for replica in here.describe_table(TableName="taken")["Table"]["Replicas"]
    ] == ["CREATION_FAILED"])
    assert "Replicas" not in there.describe_table(TableName="taken")["Table"]
    assert there.scan(TableName="taken")["Count"] == 1
    until(lambda: here.describe_table(TableName="taken")["Table"]["TableStatus"] == "ACTIVE")
    here.update_table(TableName="taken", ReplicaUpdates=[{"Delete": {"RegionName": "eu-west-1"}}])
    until(lambda: "Replicas" not in here.describe_table(TableName="taken")["Table"])
    assert there.scan(TableName="taken")["Count"] == 1
