#!/usr/bin/env python3
"""Prints the /people messages of a bag as two implementations that are not ours decode them.

    python3 read_bag.py BAG

One line for each message: library, topic, log time, header stamp (ns), first joint name.
"""

import sys
from pathlib import Path

from mcap_ros2.reader import read_ros2_messages
from rosbags.highlevel import AnyReader


def nanos(stamp):
    return stamp.sec * 1_000_000_000 + stamp.nanosec


def show(library, topic, log_ns, message):
    print(library, topic, log_ns, nanos(message.header.stamp), message.joint_names[0])


def main():
    (bag,) = map(Path, sys.argv[1:])
    for item in read_ros2_messages(bag):
        if item.channel.topic == "/people":
            show("mcap", item.channel.topic, item.log_time_ns, item.ros_msg)
    with AnyReader([bag]) as reader:
        for connection, log_ns, data in reader.messages():
            message = reader.deserialize(data, connection.msgtype)
            if connection.topic == "/people":
                show("rosbags", connection.topic, log_ns, message)


if __name__ == "__main__":
    main()
