#!/usr/bin/env python3
"""Decodes every message of a bag with mcap-ros2-support and prints topic, type and count.

    python3 count_messages.py BAG
"""

import sys
from collections import Counter

from mcap_ros2.reader import read_ros2_messages


def main():
    counts = Counter()
    for item in read_ros2_messages(sys.argv[1]):
        assert item.ros_msg is not None
        counts[item.channel.topic, item.schema.name] += 1
    for (topic, kind), count in sorted(counts.items()):
        print(topic, kind, count)


if __name__ == "__main__":
    main()
