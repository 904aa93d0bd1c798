"""A cluster of the bare topology on free ports, started once and taken down at the end."""

import json
import os
import pathlib
import subprocess
import uuid

import boto3
import botocore.config
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def gantry(*arguments):
    """Runs the binary under test and returns its standard output."""
    binary = os.environ.get("GANTRY_BINARY", str(ROOT / ".build/release/gantry"))
    done = subprocess.run([binary, *arguments], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"gantry {' '.join(arguments)}: {done.stderr}"
    return done.stdout


def running(topology, tmp_path_factory):
    data = str(tmp_path_factory.mktemp("cluster") / "data")
    try:
        up = gantry("cluster", "up", "--topology", topology, "--port", "0", "--data", data, "--detach", "--json")
        yield json.loads(up)
    finally:
        gantry("cluster", "down", "--wipe", "--data", data)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    yield from running("bare", tmp_path_factory)


@pytest.fixture(scope="session")
def global_cluster(tmp_path_factory):
    """Two regions; the first one's endpoint serves both."""
    yield from running("global-small", tmp_path_factory)


@pytest.fixture(scope="session")
def environment(cluster):
    return environment_of(cluster)


def environment_of(cluster):
    """What `up` tells a user to export, and nothing of the machine's own AWS settings."""
    region = cluster["regions"][0]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return kept | {
        "AWS_ENDPOINT_URL": region["endpoint"],
        "AWS_DEFAULT_REGION": region["name"],
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_PAGER": "",
    }


@pytest.fixture(scope="session")
def session(environment):
    return boto3.session.Session(
        aws_access_key_id="local", aws_secret_access_key="local", region_name=environment["AWS_DEFAULT_REGION"]
    )


@pytest.fixture(scope="session")
def client(environment, session):
    config = botocore.config.Config(retries={"max_attempts": 1})
    return session.client("dynamodb", endpoint_url=environment["AWS_ENDPOINT_URL"], config=config)


@pytest.fixture
def table(client):
    """A table of its own for a test: string partition key PK, numeric sort key SK."""
    name = f"test-{uuid.uuid4().hex[:12]}"
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "PK", "AttributeType": "S"},
            {"AttributeName": "SK", "AttributeType": "N"},
        ],
        KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
    )
    client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    yield name
    client.delete_table(TableName=name)
