#!/usr/bin/env python3
"""Decodes what ROS4HRI and Nav2 are told, as rosbags does it, and puts a body's angles on its URDF.

    python3 read_hri.py BAG

Prints JSON: `messages` by topic, `hashes` (RIHS01) by type, and of the URDF on each `.../urdf` topic its
`roots`, its `revolute` joints and the places of its `links` (m) at the angles of the `.../joint_states` beside it.

The types are registered from the field lists of hri_msgs, people_msgs, sensor_msgs and std_msgs below, not from
the bag's schemas, so that the two can disagree.
"""

import json
import sys
from dataclasses import fields, is_dataclass
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from rosbags.highlevel import AnyReader
from rosbags.typesys import Stores, get_types_from_msg, get_typestore

DEFINITIONS = {
    "hri_msgs/msg/IdsList": "std_msgs/Header header\nstring[] ids",
    "hri_msgs/msg/NormalizedRegionOfInterest2D":
        "std_msgs/Header header\nfloat32 xmin\nfloat32 ymin\nfloat32 xmax\nfloat32 ymax\nfloat32 c",
    "hri_msgs/msg/NormalizedPointOfInterest2D": "float32 x\nfloat32 y\nfloat32 c",
    "hri_msgs/msg/Skeleton2D": "std_msgs/Header header\nhri_msgs/NormalizedPointOfInterest2D[18] skeleton",
    "people_msgs/msg/Person":
        "string name\ngeometry_msgs/Point position\ngeometry_msgs/Point velocity\nfloat64 reliability\n"
        "string[] tagnames\nstring[] tags",
    "people_msgs/msg/People": "std_msgs/Header header\npeople_msgs/Person[] people",
}


def official_types():
    store = get_typestore(Stores.ROS2_JAZZY)
    for name, text in DEFINITIONS.items():
        store.register(get_types_from_msg(text, name))
    return store


def plain(value):
    """A decoded message as what JSON knows."""
    if is_dataclass(value):
        return {part.name: plain(getattr(value, part.name)) for part in fields(value) if part.name != "__msgtype__"}
    if isinstance(value, np.ndarray):
        return value.tolist()
    return [plain(item) for item in value] if isinstance(value, list) else value


def numbers(element, name):
    return np.array([float(word) for word in element.get(name).split()])


def turned(axis, angle):
    """Rodrigues' formula."""
    x, y, z = axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def on_urdf(text, state):
    robot = ElementTree.fromstring(text)
    joints = robot.findall("joint")
    links = [link.get("name") for link in robot.findall("link")]
    children = [joint.find("child").get("link") for joint in joints]
    assert len(set(links)) == len(links) and len(set(children)) == len(children)
    roots = [link for link in links if link not in children]
    angles = dict(zip(state.name, state.position, strict=True))
    poses = {root: (np.eye(3), np.zeros(3)) for root in roots}
    for joint in joints:  # parents come first
        rotation, place = poses[joint.find("parent").get("link")]
        place = place + rotation @ numbers(joint.find("origin"), "xyz")
        if joint.get("type") == "revolute":
            limit, angle = joint.find("limit"), angles[joint.get("name")]
            assert float(limit.get("lower")) <= angle <= float(limit.get("upper")), joint.get("name")
            rotation = rotation @ turned(numbers(joint.find("axis"), "xyz"), angle)
        poses[joint.find("child").get("link")] = rotation, place
    return {
        "roots": roots,
        "revolute": [joint.get("name") for joint in joints if joint.get("type") == "revolute"],
        "links": {link: place.tolist() for link, (_, place) in poses.items()},
    }


def main():
    (bag,) = map(Path, sys.argv[1:])
    store, messages, hashes = official_types(), {}, {}
    with AnyReader([bag]) as reader:
        for connection, _, data in reader.messages():
            messages[connection.topic] = store.deserialize_cdr(data, connection.msgtype)
            hashes[connection.msgtype] = store.hash_rihs01(connection.msgtype)
    urdfs = {
        topic: on_urdf(message.data, messages[topic.replace("/urdf", "/joint_states")])
        for topic, message in messages.items()
        if topic.endswith("/urdf")
    }
    decoded = {topic: plain(message) for topic, message in messages.items()}
    print(json.dumps({"messages": decoded, "hashes": hashes, "urdf": urdfs}))


if __name__ == "__main__":
    main()
