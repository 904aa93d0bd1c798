"""The same operations by the AWS CLI, configured by nothing but the variables that `up` prints."""

import json
import pathlib
import subprocess
import sys
import uuid

import pytest


@pytest.fixture(scope="module")
def aws(environment):
    program = pathlib.Path(sys.executable).parent / "aws"

    def run(*arguments, fails=False):
        done = subprocess.run([program, *arguments], capture_output=True, text=True, env=environment, timeout=60)
        assert (done.returncode != 0) == fails, done.stderr
        return json.loads(done.stdout) if not fails and done.stdout.strip() else done.stderr

    return run


def test_a_session_of_the_cli(aws):
    name = f"cli-{uuid.uuid4().hex[:8]}"
    assert aws("sts", "get-caller-identity")["Account"]
    aws("dynamodb", "create-table", "--table-name", name, "--billing-mode", "PAY_PER_REQUEST",
        "--attribute-definitions", "AttributeName=PK,AttributeType=S", "AttributeName=SK,AttributeType=S",
        "--key-schema", "AttributeName=PK,KeyType=HASH", "AttributeName=SK,KeyType=RANGE")
    aws("dynamodb", "wait", "table-exists", "--table-name", name)
    assert aws("dynamodb", "describe-table", "--table-name", name)["Table"]["TableStatus"] == "ACTIVE"
    assert name in aws("dynamodb", "list-tables")["TableNames"]

    item = {"PK": {"S": "PATIENT#1"}, "SK": {"S": "ORDER#1"}, "amount": {"N": "12.50"}}
    key = {"PK": item["PK"], "SK": item["SK"]}
    aws("dynamodb", "put-item", "--table-name", name, "--item", json.dumps(item))
    got = aws("dynamodb", "get-item", "--table-name", name, "--key", json.dumps(key), "--consistent-read")
    assert got["Item"] == item | {"amount": {"N": "12.5"}}
    aws("dynamodb", "update-item", "--table-name", name, "--key", json.dumps(key),
        "--update-expression", "SET orderStatus = :s", "--expression-attribute-values", '{":s":{"S":"FINAL"}}')
    found = aws("dynamodb", "query", "--table-name", name, "--consistent-read",
                "--key-condition-expression", "PK = :p AND begins_with(SK, :s)",
                "--expression-attribute-values", '{":p":{"S":"PATIENT#1"},":s":{"S":"ORDER#"}}')
    assert [one["orderStatus"] for one in found["Items"]] == [{"S": "FINAL"}]
    assert aws("dynamodb", "scan", "--table-name", name)["Count"] == 1

    writes = {name: [{"PutRequest": {"Item": {"PK": {"S": "b"}, "SK": {"S": str(n)}}}} for n in range(3)]}
    assert aws("dynamodb", "batch-write-item", "--request-items", json.dumps(writes))["UnprocessedItems"] == {}
    reads = {name: {"Keys": [{"PK": {"S": "b"}, "SK": {"S": str(n)}} for n in range(3)], "ConsistentRead": True}}
    answer = aws("dynamodb", "batch-get-item", "--request-items", json.dumps(reads))
    assert len(answer["Responses"][name]) == 3

    aws("dynamodb", "delete-item", "--table-name", name, "--key", json.dumps(key))
    message = aws("dynamodb", "put-item", "--table-name", name, "--item", json.dumps(item),
                  "--condition-expression", "attribute_exists(PK)", fails=True)
    assert "ConditionalCheckFailedException" in message
    aws("dynamodb", "delete-table", "--table-name", name)
    aws("dynamodb", "wait", "table-not-exists", "--table-name", name)
