"""The table in deploy/terraform, through its life. Needs Terraform, and GANTRY_TERRAFORM_PLUGINS to
name a folder that has its AWS provider; neither is in a package registry."""

import os
import pathlib
import shutil
import subprocess

import boto3
import pytest

from conftest import environment_of

SOURCE = pathlib.Path(__file__).resolve().parents[2] / "deploy" / "terraform"
PLUGINS = os.environ.get("GANTRY_TERRAFORM_PLUGINS")

pytestmark = pytest.mark.skipif(
    shutil.which("terraform") is None or PLUGINS is None,
    reason="Terraform is not installed, or GANTRY_TERRAFORM_PLUGINS does not name the folder of its AWS provider",
)

NAME = "ris-patient-tracking-tf"


@pytest.fixture(scope="module")
def terraform(environment, tmp_path_factory):
    return workspace(environment, tmp_path_factory)


def workspace(environment, tmp_path_factory):
    """Runs Terraform in a folder of its own against the cluster that the environment names."""
    folder = tmp_path_factory.mktemp("terraform")
    for file in SOURCE.glob("*.tf"):
        shutil.copy(file, folder)
    (folder / "cli.tfrc").write_text("")
    settings = {name: value for name, value in environment.items() if not name.startswith("AWS_")}
    settings |= {"TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1", "TF_CLI_CONFIG_FILE": str(folder / "cli.tfrc")}
    endpoint = environment["AWS_ENDPOINT_URL"]
    assert endpoint.startswith("http://127.0.0.1:")

    def run(command, *arguments, codes=(0,), **variables):
        given = {"endpoint": endpoint, "region": environment["AWS_DEFAULT_REGION"]} | variables
        flags = [] if command == "init" else [f"-var={name}={value}" for name, value in given.items()]
        done = subprocess.run(
            ["terraform", command, "-no-color", "-input=false", *arguments, *flags],
            cwd=folder, env=settings, capture_output=True, text=True, timeout=300,
        )
        assert done.returncode in codes, done.stdout + done.stderr
        return done

    run("init", f"-plugin-dir={PLUGINS}")
    return run


def has_changes(terraform, **variables):
    """2 is Terraform's code for a plan that is not empty."""
    return terraform("plan", "-detailed-exitcode", codes=(0, 2), **variables).returncode == 2


def test_the_table_goes_through_its_life(terraform, client):
    terraform("apply", "-auto-approve")
    table = client.describe_table(TableName=NAME)["Table"]
    assert {index["IndexName"] for index in table["GlobalSecondaryIndexes"]} == {
        "GSI1-PatientEncounters", "GSI2-StatusTracking"}
    ttl = client.describe_time_to_live(TableName=NAME)["TimeToLiveDescription"]
    assert ttl == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expiresAt"}
    backups = client.describe_continuous_backups(TableName=NAME)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    assert not has_changes(terraform)

    changed = {"tags": '{Environment="test",Owner="radiology"}'}
    terraform("apply", "-auto-approve", **changed)
    tags = client.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"Environment": "test", "Owner": "radiology"}

    client.put_item(TableName=NAME, Item={"PK": {"S": "P1"}, "SK": {"S": "S1"}, "GSI2PK": {"S": "STATUS#READY"}})
    changed["status_projection"] = "KEYS_ONLY"
    terraform("apply", "-auto-approve", **changed)
    indexes = client.describe_table(TableName=NAME)["Table"]["GlobalSecondaryIndexes"]
    index = next(index for index in indexes if index["IndexName"] == "GSI2-StatusTracking")
    assert (index["Projection"]["ProjectionType"], index["IndexStatus"]) == ("KEYS_ONLY", "ACTIVE")
    found = client.query(
        TableName=NAME, IndexName="GSI2-StatusTracking", KeyConditionExpression="GSI2PK = :s",
        ExpressionAttributeValues={":s": {"S": "STATUS#READY"}})
    assert found["Count"] == 1, "The new index holds what was there before."

    changed["stream_view_type"] = "NEW_IMAGE"
    terraform("apply", "-auto-approve", **changed)
    described = client.describe_table(TableName=NAME)["Table"]
    assert described["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    assert described["LatestStreamArn"] != table["LatestStreamArn"]
    assert not has_changes(terraform, **changed)

    terraform("destroy", "-auto-approve", **changed)
    assert NAME not in client.list_tables()["TableNames"]


def test_replicas_in_other_regions_come_and_go(global_cluster, tmp_path_factory):
    environment = environment_of(global_cluster)
    terraform = workspace(environment, tmp_path_factory)
    here, there = (
        boto3.client(
            "dynamodb", endpoint_url=environment["AWS_ENDPOINT_URL"], region_name=region["name"],
            aws_access_key_id="local", aws_secret_access_key="local")
        for region in global_cluster["regions"])
    replicated = {"replica_regions": '["eu-west-1"]'}
    terraform("apply", "-auto-approve", **replicated)
    described = here.describe_table(TableName=NAME)["Table"]
    assert [(replica["RegionName"], replica["ReplicaStatus"]) for replica in described["Replicas"]] == [
        ("eu-west-1", "ACTIVE")]
    assert there.describe_table(TableName=NAME)["Table"]["GlobalTableVersion"] == "2019.11.21"
    assert not has_changes(terraform, **replicated)

    # A table that is there already gets and loses its replica in place.
    terraform("apply", "-auto-approve")
    assert NAME not in there.list_tables()["TableNames"]
    assert not has_changes(terraform)
    here.put_item(TableName=NAME, Item={"PK": {"S": "P1"}, "SK": {"S": "S1"}})
    terraform("apply", "-auto-approve", **replicated)
    key = {"PK": {"S": "P1"}, "SK": {"S": "S1"}}
    assert there.get_item(TableName=NAME, Key=key, ConsistentRead=True).get("Item") == key
    assert not has_changes(terraform, **replicated)

    terraform("destroy", "-auto-approve", **replicated)
    assert NAME not in here.list_tables()["TableNames"] + there.list_tables()["TableNames"]
