#!/usr/bin/env python3
"""Prints what `rosbags` says of a rosbag2 folder, and how many messages of each topic it decodes.

    python3 describe_bag.py FOLDER
"""

import sys
from collections import Counter
from pathlib import Path

from rosbags.highlevel import AnyReader


def main():
    (bag,) = map(Path, sys.argv[1:])
    assert (bag / "metadata.yaml").exists()
    with AnyReader([bag]) as reader:
        counts = Counter()
        for connection, _, data in reader.messages():
            reader.deserialize(data, connection.msgtype)
            counts[connection.topic] += 1
        end = reader.end_time - 1
        print(f"bag {reader.message_count} messages from {reader.start_time} to {end}")
        for connection in sorted(reader.connections, key=lambda c: c.topic):
            qos = [
                f"{q.reliability.name} {q.durability.name} {q.depth}"
                for q in connection.ext.offered_qos_profiles
            ]
            name, kind = connection.topic, connection.msgtype
            print(name, kind, counts[name], "of", connection.msgcount, *qos)


if __name__ == "__main__":
    main()
