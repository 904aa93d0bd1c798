"""Clients of two regions over one endpoint, against real processes."""

import json

import boto3
import botocore.config
import pytest

from conftest import gantry


@pytest.fixture(scope="module")
def regions(tmp_path_factory):
    """One boto3 client for each region, all with the first region's endpoint."""
    data = str(tmp_path_factory.mktemp("regions") / "data")
    try:
        up = gantry("cluster", "up", "--topology", "global-small", "--port", "0", "--data", data, "--detach", "--json")
        described = json.loads(up)["regions"]
        yield {
            region["name"]: boto3.client(
                "dynamodb", endpoint_url=described[0]["endpoint"], region_name=region["name"],
                aws_access_key_id="local", aws_secret_access_key="local",
                config=botocore.config.Config(retries={"max_attempts": 1}))
            for region in described
        }
    finally:
        gantry("cluster", "down", "--wipe", "--data", data)


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
