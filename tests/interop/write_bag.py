#!/usr/bin/env python3
"""Writes the same three messages on /text with two implementations that are not ours.

    python3 write_bag.py FOLDER

FOLDER/mcap.mcap is a single file by `mcap`; FOLDER/rosbags is a rosbag2 folder by `rosbags`.
"""

import sys
from pathlib import Path

from mcap_ros2.writer import Writer as McapWriter
from rosbags.rosbag2 import StoragePlugin
from rosbags.rosbag2 import Writer as RosbagsWriter
from rosbags.typesys import Stores, get_typestore

MESSAGES = [(1_000_000_000 * second, f"message {second}") for second in (1, 2, 3)]
TYPE = "std_msgs/msg/String"


def main():
    (folder,) = map(Path, sys.argv[1:])
    with open(folder / "mcap.mcap", "wb") as file, McapWriter(file) as writer:
        schema = writer.register_msgdef(TYPE, "string data")
        for log_ns, text in MESSAGES:
            writer.write_message("/text", schema, {"data": text}, log_ns, log_ns)

    store = get_typestore(Stores.ROS2_JAZZY)
    rosbag = RosbagsWriter(folder / "rosbags", version=9, storage_plugin=StoragePlugin.MCAP)
    with rosbag as writer:
        connection = writer.add_connection("/text", TYPE, typestore=store)
        for log_ns, text in MESSAGES:
            message = store.types[TYPE](data=text)
            writer.write(connection, log_ns, store.serialize_cdr(message, TYPE))


if __name__ == "__main__":
    main()
