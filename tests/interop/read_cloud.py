#!/usr/bin/env python3
"""Decodes the point clouds of a bag with rosbags, whose definition of PointCloud2 is its own, and reads their points with
pypcd4.

    python3 read_cloud.py BAG TOPIC

Prints JSON, for each message: `stamp_ns`, `frame_id`, `fields`, and `points` (x, y, z; m).
"""

import json
import sys
from pathlib import Path

from pypcd4 import PointCloud
from rosbags.highlevel import AnyReader
from rosbags.typesys import Stores, get_typestore

def main():
    bag, topic = Path(sys.argv[1]), sys.argv[2]
    store, found = get_typestore(Stores.ROS2_JAZZY), []
    with AnyReader([bag]) as reader:
        for connection, _, data in reader.messages([c for c in reader.connections if c.topic == topic]):
            cloud = store.deserialize_cdr(data, connection.msgtype)
            stamp = cloud.header.stamp
            found.append({
                "stamp_ns": stamp.sec * 10**9 + stamp.nanosec,
                "frame_id": cloud.header.frame_id,
                "fields": [field.name for field in cloud.fields],
                "points": PointCloud.from_msg(cloud).numpy(("x", "y", "z")).tolist(),
            })
    print(json.dumps(found))


if __name__ == "__main__":
    main()
