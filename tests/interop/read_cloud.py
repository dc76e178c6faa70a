#!/usr/bin/env python3
"""Decodes the point clouds of a bag with rosbags, whose definition of PointCloud2 is its own, field by field.

    python3 read_cloud.py BAG TOPIC

Prints JSON, for each message: `stamp_ns`, `frame_id`, `fields`, and `points` (x, y, z; m).
"""

import json
import sys
from pathlib import Path

import numpy as np
from rosbags.highlevel import AnyReader
from rosbags.typesys import Stores, get_typestore

FORMATS = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 8: "f8"}


def points(cloud):
    order = ">" if cloud.is_bigendian else "<"
    kind = np.dtype({
        "names": [field.name for field in cloud.fields],
        "formats": [order + FORMATS[field.datatype] for field in cloud.fields],
        "offsets": [field.offset for field in cloud.fields],
        "itemsize": cloud.point_step,
    })
    rows = np.frombuffer(bytes(cloud.data), np.uint8).reshape(cloud.height, cloud.row_step)
    found = rows[:, :cloud.width * cloud.point_step].reshape(-1).view(kind)
    return np.stack([found[name].astype(float) for name in "xyz"], axis=-1)


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
                "points": points(cloud).tolist(),
            })
    print(json.dumps(found))


if __name__ == "__main__":
    main()
