#!/usr/bin/env python3
"""Write a long bag of several people: the walks in tests/data/walk/, side by side and over and over.

It is for measuring, not for looking at. All people are in one camera's image, with an id each: person n has
the keypoints of walk n mod 4, and every further four people begin a third of the walk later. When the walk is over
everyone jumps back to its beginning, but stamps and ids go on.
"""

from __future__ import annotations

import argparse
import io
import json
import struct
import sys
from pathlib import Path
from typing import Any, Dict, List, NamedTuple

from mcap.reader import make_reader
from mcap.writer import Writer

import make_walk_bags as walks

CAMERA = walks.CAMERAS[0]
# CDR: 4 bytes of encapsulation, then the header's stamp as int32 and uint32.
STAMP_FORMAT, STAMP_OFFSET = "<iI", 4


class Template(NamedTuple):
    """A message of the first walk, to be repeated under later stamps."""

    topic: str
    frame: int
    delay_ns: int
    data: bytes


def one_walk(walk_files: List[Dict[str, Any]], calibration: Dict[str, Any], people: int) -> bytes:
    """The bag of the first walk."""
    rate_hz, frames = walk_files[0]["fps"], len(walk_files[0]["frames"])
    messages: List[walks.BagMessage] = []
    for frame in range(frames):
        stamp = walks.stamp_ns(frame, rate_hz)
        array = {"header": walks.header(CAMERA, stamp), "detections": []}
        for person in range(people):
            later, walk = divmod(person, len(walk_files))
            points = walk_files[walk]["frames"][(frame + later * frames // 3) % frames]
            detection = walks.detection_array(CAMERA, stamp, points)["detections"][0]
            array["detections"].append({**detection, "id": str(person + 1)})
        info = walks.camera_info(CAMERA, stamp, calibration)
        log_ns = (stamp + walks.CAMERA_INFO_DELAY_NS, stamp + walks.DETECTOR_DELAY_NS)
        messages.append(walks.BagMessage(log_ns[0], walks.CAMERA_INFO_TOPIC, frame, info))
        messages.append(walks.BagMessage(log_ns[1], walks.DETECTIONS_TOPIC, frame, array))
    return walks.bag_bytes(messages)


def write(path: Path, first_walk: bytes, rate_hz: int, frames: int) -> None:
    """Repeats the first walk's messages until there are so many frames."""
    reader = make_reader(io.BytesIO(first_walk))
    channels, templates = {}, []
    for schema, channel, message in reader.iter_messages():
        channels[channel.topic] = (schema, channel)
        stamp = walks.stamp_ns(message.sequence, rate_hz)
        templates.append(
            Template(channel.topic, message.sequence, message.log_time - stamp, message.data)
        )
    walk_frames = 1 + max(t.frame for t in templates)
    order = [
        (walks.stamp_ns(walk + t.frame, rate_hz) + t.delay_ns, walk + t.frame, t)
        for walk in range(0, frames, walk_frames)
        for t in templates
        if walk + t.frame < frames
    ]
    with path.open("wb") as stream:
        writer = Writer(stream)
        writer.start(profile="ros2", library="posemoe scripts/make_long_bag.py")
        ids = {}
        for topic, (schema, channel) in sorted(channels.items()):
            schema_id = writer.register_schema(schema.name, schema.encoding, schema.data)
            ids[topic] = writer.register_channel(topic, channel.message_encoding, schema_id)
        for log_ns, frame, template in sorted(order, key=lambda row: row[:2]):
            data = bytearray(template.data)
            stamp = divmod(walks.stamp_ns(frame, rate_hz), 10**9)
            struct.pack_into(STAMP_FORMAT, data, STAMP_OFFSET, *stamp)
            channel_id = ids[template.topic]
            writer.add_message(channel_id, log_ns, bytes(data), publish_time=log_ns, sequence=frame)
        writer.finish()


def make_long_bag(path: Path, people: int, minutes: float) -> int:
    """Writes the bag; says how many frames it has."""
    folder = walks.DATA_FOLDER / "walk"
    walk_files = [
        json.loads((folder / "walk_{}.json".format(camera)).read_text(encoding="utf-8"))
        for camera in walks.CAMERAS
    ]
    calibration = json.loads((folder / "walk_calibration.json").read_text(encoding="utf-8"))
    rate_hz = walk_files[0]["fps"]
    frames = round(minutes * 60 * rate_hz)
    write(path, one_walk(walk_files, calibration[CAMERA], people), rate_hz, frames)
    return frames


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bag", type=Path, help="the .mcap file to write")
    parser.add_argument("--people", type=int, default=4, help="people in each frame [%(default)s]")
    parser.add_argument("--minutes", type=float, default=10, help="how long [%(default)s]")
    args = parser.parse_args()
    frames = make_long_bag(args.bag, args.people, args.minutes)
    size_mb = args.bag.stat().st_size / 1e6
    print("{}: {} frames of {} people, {:.0f} MB".format(args.bag, frames, args.people, size_mb))
    return 0


if __name__ == "__main__":
    sys.exit(main())
