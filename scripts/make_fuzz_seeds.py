#!/usr/bin/env python3
"""Write what fuzzing starts from: small bags in every form, parameters as people write them, a depth image.

    make_fuzz_seeds.py FOLDER    fills FOLDER/bag, FOLDER/parameters and FOLDER/messages
"""

import argparse
import io
import sqlite3
import struct
import tempfile
from pathlib import Path

import zstandard
from mcap.reader import make_reader
from mcap.writer import CompressionType, Writer

REPOSITORY = Path(__file__).resolve().parent.parent
WALK = REPOSITORY / "tests" / "data" / "walk_cam01.mcap"
# A few messages of each topic: the smaller a seed, the more of it is tried.
MESSAGES = 6

METADATA = """rosbag2_bagfile_information:
  version: 9
  storage_identifier: mcap
  duration: {nanoseconds: 100}
  starting_time: {nanoseconds_since_epoch: 1700000000000000000}
  message_count: 1
  topics_with_message_count:
    - topic_metadata:
        name: /yolo/tracking
        type: yolo_msgs/msg/DetectionArray
        serialization_format: cdr
        offered_qos_profiles: ""
      message_count: 1
  compression_format: ""
  compression_mode: ""
  relative_file_paths: [bag_0.mcap]
  files: [{path: bag_0.mcap, message_count: 1}]
"""

COMMAND_LINES = [
    "--ros-args -p predict_s:=0.7 -p providers:=[cpu,cuda] -r __ns:=/robot -r __node:=eyes",
    "--ros-args -r /yolo/tracking:=/front/tracking -r eyes:from:=to -p eyes:max_people:=3 -- rest",
    "--ros-args -p qos_overrides./tf.publisher.depth:=7 -p 'target_frame:=\"map\"' --log-level info",
    "--ros-args -p sources:=[a,b] -p a.keypoints_topic:=/a -p b.image_rectified:=true -e enclave",
    "/**:\n  ros__parameters:\n    predict_s: 0.7\n    providers: [cpu]\n",
    "/robot:\n  posemoe:\n    ros__parameters:\n      qos_overrides:\n        /tf:\n          publisher: {depth: 7}\n",
    "posemoe:\n  ros__parameters: {max_people: 3, mode: window, lookahead_s: 0.2, publish_tf: true}\n",
    "--ros-args -p robot_parts:=[arm] -p arm.from:=a -p arm.to:=b -p arm.radius_m:=.1 -p depth_topic:=/depth",
    "/**/posemoe:\n  ros__parameters:\n    robot_parts: [arm]\n    arm: {from: a, to: b, radius_m: 0.1}\n",
]


def some_messages():
    """(topic, schema name, definition, log time, data) of the walk's first messages."""
    with WALK.open("rb") as stream:
        found = make_reader(stream).iter_messages()
        return [(c.topic, s.name, s.data, m.log_time, m.data) for (s, c, m), _ in zip(found, range(MESSAGES))]


def mcap(messages, compression, chunked):
    stream = io.BytesIO()
    writer = Writer(stream, compression=compression, use_chunking=chunked)
    writer.start(profile="ros2", library="seed")
    channels = {}
    for topic, name, definition, log_time, data in messages:
        if topic not in channels:
            schema = writer.register_schema(name, "ros2msg", definition)
            channels[topic] = writer.register_channel(topic, "cdr", schema)
        writer.add_message(channels[topic], log_time, data, log_time)
    writer.finish()
    return stream.getvalue()


def sqlite(messages):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bag.db3"
        with sqlite3.connect(str(path)) as database:
            database.execute("PRAGMA page_size = 512")
            database.execute(
                "CREATE TABLE topics(id INTEGER PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL, "
                "serialization_format TEXT NOT NULL, offered_qos_profiles TEXT NOT NULL)"
            )
            database.execute(
                "CREATE TABLE messages(id INTEGER PRIMARY KEY, topic_id INTEGER NOT NULL, "
                "timestamp INTEGER NOT NULL, data BLOB NOT NULL)"
            )
            database.execute("CREATE INDEX timestamp_idx ON messages (timestamp ASC)")
            ids = {}
            for topic, name, _, log_time, data in messages:
                if topic not in ids:
                    ids[topic] = len(ids) + 1
                    database.execute("INSERT INTO topics VALUES (?, ?, ?, 'cdr', '')", (ids[topic], topic, name))
                row = (ids[topic], log_time, data)
                database.execute("INSERT INTO messages (topic_id, timestamp, data) VALUES (?, ?, ?)", row)
        database.close()
        return path.read_bytes()


def depth_image():
    """A `sensor_msgs/msg/Image` of 4 x 2 px (mm), serialized as CDR."""

    def text(value):
        return struct.pack("<I", len(value) + 1) + value.encode() + b"\0"

    def aligned(body):
        return body + bytes(-len(body) % 4)

    body = aligned(struct.pack("<iI", 1_700_000_000, 0) + text("camera_optical_frame"))
    body = aligned(body + struct.pack("<II", 2, 4) + text("16UC1") + b"\0")
    body += struct.pack("<II8H", 8, 16, *range(2000, 2008))
    return b"\0\1\0\0" + body


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    messages = some_messages()
    bags = {
        "plain.mcap": mcap(messages, CompressionType.NONE, chunked=False),
        "chunked.mcap": mcap(messages, CompressionType.NONE, chunked=True),
        "zstd.mcap": mcap(messages, CompressionType.ZSTD, chunked=True),
        "lz4.mcap": mcap(messages, CompressionType.LZ4, chunked=True),
        "bag.db3": sqlite(messages),
        "metadata.yaml": METADATA.encode(),
    }
    pack = zstandard.ZstdCompressor().compress
    packed = {name + ".zstd": pack(bags[name]) for name in ("plain.mcap", "bag.db3")}
    parameters = {"{}.txt".format(place): text.encode() for place, text in enumerate(COMMAND_LINES)}
    parts = {"bag": {**bags, **packed}, "parameters": parameters, "messages": {"Image.cdr": depth_image()}}
    for part, seeds in parts.items():
        (folder / part).mkdir(parents=True, exist_ok=True)
        for name, data in seeds.items():
            (folder / part / name).write_bytes(data)


if __name__ == "__main__":
    main()
