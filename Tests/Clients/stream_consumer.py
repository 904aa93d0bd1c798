"""A consumer of a table's stream, as a user would write one: it reads parents before their children, checkpoints by sequence
number, and goes on at its checkpoints however it ended.

    stream_consumer.py TABLE FOLDER

FOLDER holds one file a shard. What a batch is for and the checkpoint behind it are one line, written and synced at once: a
line that was cut off by a kill did not happen. So each record has its effect once.
"""

import json
import os
import pathlib
import sys
import time

import boto3
import botocore.config
from botocore.exceptions import BotoCoreError, ClientError


class Shard:
    def __init__(self, folder, shard_id):
        self.id = shard_id
        self.path = folder / f"{shard_id}.jsonl"
        self.checkpoint = None
        self.is_done = False
        self.iterator = None
        for line in self.lines():
            self.checkpoint = line["checkpoint"] or self.checkpoint
            self.is_done = line["done"]

    def lines(self):
        """What happened; a torn last line is cut off."""
        if not self.path.exists():
            return []
        data = self.path.read_bytes()
        whole = data[: data.rfind(b"\n") + 1]
        if len(whole) < len(data):
            with open(self.path, "r+b") as file:
                file.truncate(len(whole))
        return [json.loads(line) for line in whole.splitlines()]

    def commit(self, records, is_done):
        line = {
            "records": [record["dynamodb"]["SequenceNumber"] for record in records],
            "values": [record["dynamodb"].get("NewImage", {}).get("v", {}).get("N") for record in records],
            "keys": [record["dynamodb"]["Keys"] for record in records],
            "checkpoint": records[-1]["dynamodb"]["SequenceNumber"] if records else None,
            "done": is_done,
        }
        with open(self.path, "ab") as file:
            file.write(json.dumps(line).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        self.checkpoint = line["checkpoint"] or self.checkpoint
        self.is_done = is_done


class Consumer:
    def __init__(self, table, folder):
        config = botocore.config.Config(retries={"max_attempts": 10, "mode": "standard"})
        endpoint = os.environ["AWS_ENDPOINT_URL"]
        self.streams = boto3.client("dynamodbstreams", endpoint_url=endpoint, config=config)
        self.folder = pathlib.Path(folder)
        self.arn = self.streams.list_streams(TableName=table)["Streams"][-1]["StreamArn"]
        self.shards = {}
        self.parents = {}

    def discover(self):
        start = {}
        while True:
            page = self.streams.describe_stream(StreamArn=self.arn, **start)["StreamDescription"]
            for shard in page["Shards"]:
                self.shards.setdefault(shard["ShardId"], Shard(self.folder, shard["ShardId"]))
                self.parents[shard["ShardId"]] = shard.get("ParentShardId")
            if "LastEvaluatedShardId" not in page:
                return
            start = {"ExclusiveStartShardId": page["LastEvaluatedShardId"]}

    def readable(self):
        """Shards that are not read to their ends, and whose parents are."""
        for shard in self.shards.values():
            parent = self.shards.get(self.parents[shard.id])
            if not shard.is_done and (parent is None or parent.is_done):
                yield shard

    def iterator(self, shard):
        where = {"ShardIteratorType": "TRIM_HORIZON"}
        if shard.checkpoint:
            where = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": shard.checkpoint}
        return self.streams.get_shard_iterator(StreamArn=self.arn, ShardId=shard.id, **where)["ShardIterator"]

    def read(self, shard):
        shard.iterator = shard.iterator or self.iterator(shard)
        page = self.streams.get_records(ShardIterator=shard.iterator, Limit=50)
        shard.iterator = page.get("NextShardIterator")
        if page["Records"] or shard.iterator is None:
            shard.commit(page["Records"], is_done=shard.iterator is None)
        return len(page["Records"])

    def run(self):
        discovered = 0
        while True:
            if time.monotonic() - discovered > 2:
                self.discover()
                discovered = time.monotonic()
            count = 0
            for shard in list(self.readable()):
                try:
                    count += self.read(shard)
                except (ClientError, BotoCoreError) as error:
                    # The place is known: a new iterator leads there.
                    shard.iterator = None
                    print(error, file=sys.stderr)
                    time.sleep(0.05)
            if all(shard.is_done for shard in self.shards.values()):
                return
            if count == 0:
                time.sleep(0.02)


if __name__ == "__main__":
    Consumer(sys.argv[1], sys.argv[2]).run()
