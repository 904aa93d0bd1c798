"""What is refused, and in which words: limits of items, keys, values and expressions, on the wire."""

import botocore.config
import pytest
from botocore.exceptions import ClientError
from test_boto3 import key

INVALID = "One or more parameter values were invalid: "


@pytest.fixture(scope="session")
def raw(environment, session):
    """A client that sends whatever it is given."""
    config = botocore.config.Config(retries={"max_attempts": 1}, parameter_validation=False)
    return session.client("dynamodb", endpoint_url=environment["AWS_ENDPOINT_URL"], config=config)


@pytest.fixture(scope="module")
def shared(raw):
    raw.create_table(
        TableName="validation", BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "PK", "AttributeType": "S"}, {"AttributeName": "SK", "AttributeType": "N"}],
        KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
    )
    yield "validation"
    raw.delete_table(TableName="validation")


def refused(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    return caught.value.response["Error"]["Message"]


def put(value, **more):
    return {"Item": key("v", 1) | {"a": value}} | more


def update(expression, names=None, **values):
    arguments = {"Key": key("v", 1), "UpdateExpression": expression}
    if names:
        arguments["ExpressionAttributeNames"] = names
    if values:
        arguments["ExpressionAttributeValues"] = {f":{name}": value for name, value in values.items()}
    return arguments


def nested(levels):
    """So many lists within each other around a text."""
    value = {"S": "leaf"}
    for _ in range(levels):
        value = {"L": [value]}
    return value


VALUES = [
    ({"SS": []}, INVALID + "An string set  may not be empty"),
    ({"NS": []}, INVALID + "An number set  may not be empty"),
    ({"BS": []}, INVALID + "Binary sets should not be empty"),
    ({"SS": ["a", "a"]}, INVALID + "Input collection [a, a] contains duplicates."),
    ({"NS": ["1", "1.0"]}, "Input collection contains duplicates"),
    ({"NULL": False}, INVALID + "Null attribute value types must have the value of true"),
    ({}, "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
    ({"S": "a", "N": "1"},
     "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"),
    ({"N": ""}, "The parameter cannot be converted to a numeric value"),
    ({"N": "one"}, "The parameter cannot be converted to a numeric value: one"),
    ({"N": "1e126"}, "Number overflow. Attempting to store a number with magnitude larger than supported range"),
    ({"N": "1e-131"}, "Number underflow. Attempting to store a number with magnitude smaller than supported range"),
    ({"N": "1" * 39}, "Attempting to store more than 38 significant digits in a Number"),
    (nested(32), "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported "
     "limit"),
]


@pytest.mark.parametrize("value, message", VALUES)
def test_values_that_are_none(raw, shared, value, message):
    assert refused(raw.put_item, TableName=shared, **put(value)) == message
    assert "a" not in raw.get_item(TableName=shared, Key=key("v", 1), ConsistentRead=True).get("Item", {})


@pytest.mark.parametrize("value", [
    {"S": ""}, {"B": b""}, {"L": []}, {"M": {}}, {"N": "9" * 38}, {"N": "-9.9999999999999999999999999999999999999E+125"},
    {"N": "1E-130"}, {"M": {"": {"S": "an empty name within"}}}, nested(31),
])
def test_values_at_the_limit_are_taken(raw, shared, value):
    raw.put_item(TableName=shared, **put(value))
    read = raw.get_item(TableName=shared, Key=key("v", 1), ConsistentRead=True)["Item"]["a"]
    if "N" in value:
        assert float(read["N"]) == float(value["N"])
    else:
        assert read == value
    raw.delete_item(TableName=shared, Key=key("v", 1))


def test_sizes_of_items_and_keys(raw, shared):
    # Names and values: PK, v, SK, 2 for the number, a.
    largest = "x" * (400 * 1024 - 2 - 1 - 2 - 2 - 1)
    raw.put_item(TableName=shared, **put({"S": largest}))
    message = "Item size has exceeded the maximum allowed size"
    assert refused(raw.put_item, TableName=shared, **put({"S": largest + "x"})) == message
    assert refused(raw.update_item, TableName=shared, **update("SET b = :v", v={"S": "x"})) == (
        "Item size to update has exceeded the maximum allowed size"
    )
    raw.delete_item(TableName=shared, Key=key("v", 1))
    raw.put_item(TableName=shared, Item=key("k" * 2048, 1))
    raw.delete_item(TableName=shared, Key=key("k" * 2048, 1))
    assert refused(raw.put_item, TableName=shared, Item=key("k" * 2049, 1)) == (
        INVALID + "Size of hashkey has exceeded the maximum size limit of2048 bytes"
    )
    assert refused(raw.put_item, TableName=shared, Item=key("", 1)) == (
        "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string "
        "value. Key: PK"
    )
    assert refused(raw.put_item, TableName=shared, Item={"PK": {"S": "a"}}) == INVALID + "Missing the key SK in the item"
    assert refused(raw.put_item, TableName=shared, Item={"PK": {"S": "a"}, "SK": {"S": "1"}}) == (
        INVALID + "Type mismatch for key SK expected: N actual: S"
    )
    for wrong in ({"PK": {"S": "a"}}, key("a", 1) | {"x": {"S": "a"}}, {"PK": {"N": "1"}, "SK": {"N": "1"}}):
        assert refused(raw.get_item, TableName=shared, Key=wrong) == (
            "The provided key element does not match the schema"
        )


COMPARISON = "a = :v"
EXPRESSIONS = [
    (update(""), "Invalid UpdateExpression: The expression can not be empty;"),
    (update("SET a = " + "b" * 4090), "Invalid UpdateExpression: Expression size has exceeded the maximum allowed size; "
                                      "expression size: 4098"),
    (update("INVALID SYNTAX HERE"), 'Invalid UpdateExpression: Syntax error; token: "INVALID", near: "INVALID SYNTAX"'),
    (update("SET status = :v", v={"S": "x"}),
     "Invalid UpdateExpression: Attribute name is a reserved keyword; reserved keyword: status"),
    (update("SET a = :v", names={"#u": "b"}, v={"S": "x"}),
     "Value provided in ExpressionAttributeNames unused in expressions: keys: {#u}"),
    (update("SET a = :v", v={"S": "x"}, u={"S": "x"}),
     "Value provided in ExpressionAttributeValues unused in expressions: keys: {:u}"),
    (update("SET a = :v"), "Invalid UpdateExpression: An expression attribute value used in expression is not defined; "
                           "attribute value: :v"),
    (update("SET #a = :v", v={"S": "x"}), "Invalid UpdateExpression: An expression attribute name used in the document "
                                          "path is not defined; attribute name: #a"),
    (update("SET a = :v SET b = :v", v={"S": "x"}),
     'Invalid UpdateExpression: The "SET" section can only be used once in an update expression;'),
    (update("SET a = :v, a.b = :v", v={"S": "x"}),
     "Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; "
     "path one: [a], path two: [a, b]"),
    (update("ADD a :v", v={"S": "x"}),
     "Invalid UpdateExpression: Incorrect operand type for operator or function; operator: ADD, operand type: STRING, "
     "typeSet: ALLOWED_FOR_ADD_OPERAND"),
    (update("SET PK = :v", v={"S": "x"}), INVALID + "Cannot update attribute PK. This attribute is part of the key"),
    (put({"S": "x"}, ConditionExpression="(a)"), 'Invalid ConditionExpression: Syntax error; token: "<EOF>", near: ")"'),
    (put({"S": "x"}, ConditionExpression=" OR ".join(["a<>b"] * 151)),
     "Invalid ConditionExpression: The expression contains too many operators; operator count: 301"),
    (put({"S": "x"}, ConditionExpression=f"a IN ({', '.join([':v'] * 101)})", ExpressionAttributeValues={":v": {"S": "x"}}),
     "Invalid ConditionExpression: The IN operator is provided with too many operands; number of operands: 101"),
    (put({"S": "x"}, ConditionExpression="contains(a, a)"),
     "Invalid ConditionExpression: The first operand must be distinct from the remaining operands for this operator or "
     "function; operator: contains, first operand: [a]"),
    (put({"S": "x"}, ConditionExpression="((a = :v))", ExpressionAttributeValues={":v": {"S": "x"}}),
     "Invalid ConditionExpression: The expression has redundant parentheses;"),
    (put({"S": "x"}, ConditionExpression="a", Expected={"a": {"Exists": False}}),
     "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: "
     "{Expected} Expression parameters: {ConditionExpression}"),
    (put({"S": "x"}, ExpressionAttributeValues={":v": {"S": "x"}}),
     "ExpressionAttributeValues can only be specified when using expressions: ConditionExpression is null"),
]


@pytest.mark.parametrize("arguments, message", EXPRESSIONS)
def test_expressions_that_are_none(raw, shared, arguments, message):
    call = raw.update_item if "UpdateExpression" in arguments else raw.put_item
    assert refused(call, TableName=shared, **arguments) == message


def test_reads_that_are_none(raw, shared):
    query = {"TableName": shared, "ExpressionAttributeValues": {":p": {"S": "a"}}}
    assert refused(raw.query, KeyConditionExpression="SK = :p", **query) == "Query condition missed key schema element: PK"
    assert refused(raw.query, KeyConditionExpression="PK > :p", **query) == "Query key condition not supported"
    assert refused(raw.query, KeyConditionExpression="PK = :p", FilterExpression="SK <> :p", **query) == (
        "Filter Expression can only contain non-primary key attributes: Primary key attribute: SK"
    )
    assert refused(raw.query, TableName=shared) == (
        "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."
    )
    assert refused(raw.query, KeyConditionExpression="PK = :p", Select="SPECIFIC_ATTRIBUTES", **query) == (
        "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"
    )
    assert refused(raw.scan, TableName=shared, Limit=0) == (
        "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: Member must have value greater "
        "than or equal to 1"
    )
    assert refused(raw.scan, TableName=shared, Segment=1) == (
        "The TotalSegments parameter is required but was not present in the request when Segment parameter is present"
    )
    assert refused(raw.scan, TableName=shared, IndexName="none-such") == (
        "The table does not have the specified index: none-such"
    )


def test_batches_that_are_none(raw, shared):
    puts = [{"PutRequest": {"Item": key("b", sort)}} for sort in range(26)]
    assert refused(raw.batch_write_item, RequestItems={shared: puts}).endswith(
        "' at 'requestItems' failed to satisfy constraint: Map value must satisfy constraint: [Member must have length less "
        "than or equal to 25, Member must have length greater than or equal to 1]"
    )
    twice = [puts[0], {"DeleteRequest": {"Key": key("b", 0)}}]
    for call, items in ((raw.batch_write_item, twice), (raw.batch_get_item, {"Keys": [key("b", 0)] * 2})):
        assert refused(call, RequestItems={shared: items}) == "Provided list of item keys contains duplicates"
    keys = {"Keys": [key("b", sort) for sort in range(101)]}
    assert refused(raw.batch_get_item, RequestItems={shared: keys}).endswith(
        "failed to satisfy constraint: Member must have length less than or equal to 100"
    )
    # One that is refused leaves nothing of the others behind.
    assert refused(raw.batch_write_item, RequestItems={shared: [puts[0], {"PutRequest": {"Item": {"x": {"S": "y"}}}}]}) == (
        "The provided key element does not match the schema"
    )
    assert raw.query(TableName=shared, KeyConditionExpression="PK = :b", ConsistentRead=True,
                     ExpressionAttributeValues={":b": {"S": "b"}})["Count"] == 0
