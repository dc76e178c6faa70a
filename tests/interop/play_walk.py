#!/usr/bin/env python3
"""Plays a recorded walk over DDS to a running posemoe_node and counts what comes back.

    play_walk.py --domain 42 --bag tests/data/walk_cam01.mcap --rate-hz 60 --json-out walk.json

Publishes /camera/camera_info and /yolo/tracking (reliable, depth 10) with the bag's stamps, waits for
/posemoe/people3d and /tf with those stamps, and prints one JSON object. Exit status 0 says only that
the run was completed: the counts are for the caller to judge. Localhost only; ends by itself.
"""

import argparse
import json
import sys
import time
from collections import Counter
from copy import deepcopy
from pathlib import Path
from threading import Event, Thread

import dds_peer  # first: it tells Cyclone DDS where to look
import ros_types
from cyclonedds.core import Policy, Qos
from cyclonedds.util import duration
from mcap.reader import make_reader
from mcap_ros2.decoder import DecoderFactory

DETECTIONS = ("/yolo/tracking", "yolo_msgs/msg/DetectionArray")
CAMERA = ("/camera/camera_info", "sensor_msgs/msg/CameraInfo")
PEOPLE = ("/posemoe/people3d", "posemoe/msg/People3D")
TF = ("/tf", "tf2_msgs/msg/TFMessage")


def nanos(stamp: ros_types.Time) -> int:
    return stamp.sec * 1_000_000_000 + stamp.nanosec


def read_bag(path: Path) -> list[tuple[str, object]]:
    """Topic and message of every detection and camera info, in the bag's order."""
    types = dict([DETECTIONS, CAMERA])
    with path.open("rb") as file:
        reader = make_reader(file, decoder_factories=[DecoderFactory()])
        return [
            (channel.topic, ros_types.from_ros(decoded, types[channel.topic]))
            for _, channel, _, decoded in reader.iter_decoded_messages(topics=list(types))
        ]


def passes(messages: list, repeat: int):
    """The bag `repeat` times; later passes carry later stamps, one frame after the pass before."""
    stamps = sorted({nanos(message.header.stamp) for _, message in messages})
    frame = round((stamps[-1] - stamps[0]) / (len(stamps) - 1)) if len(stamps) > 1 else 100_000_000
    for number in range(repeat):
        shift = number * (stamps[-1] - stamps[0] + frame)
        for topic, message in messages:
            message = deepcopy(message)
            shifted = nanos(message.header.stamp) + shift
            message.header.stamp = ros_types.Time(*divmod(shifted, 1_000_000_000))
            yield topic, message


def resting(header: ros_types.Header, parent: str):
    """The camera's frame, 1 m along x of its parent, for ever."""
    transform = ros_types.TYPES["geometry_msgs/msg/TransformStamped"]()
    transform.header.stamp, transform.header.frame_id = header.stamp, parent
    transform.child_frame_id = header.frame_id
    transform.transform.translation.x = transform.transform.rotation.w = 1.0
    return ros_types.TYPES[TF[1]](transforms=[transform])


class Collector(Thread):
    """Notes every reply and when it came."""

    def __init__(self, peer: dds_peer.Peer, people, tf):
        super().__init__(daemon=True)
        self.people_reader, self.tf_reader = people, tf
        self.waiting = peer.wait_set(people, tf)
        self.people: list[tuple[int, float, int]] = []
        self.tf: list[int] = []
        self.people_seen: Counter[str] = Counter()
        self.frames: Counter[str] = Counter()
        self.states: Counter[int] = Counter()
        self.last_reply = time.monotonic()
        self.last_answered = 0  # stamp, ns
        self.enough = Event()

    def run(self) -> None:
        while not self.enough.is_set():
            self.waiting.wait(duration(milliseconds=50))
            now = time.monotonic()
            for people in dds_peer.valid(self.people_reader.take(N=1000)):
                self.people.append((nanos(people.header.stamp), now, len(people.people)))
                self.last_answered = max(self.last_answered, self.people[-1][0])
                self.frames[people.header.frame_id] += 1
                self.people_seen.update(person.id for person in people.people)
                self.states.update(person.state for person in people.people)
                self.last_reply = now
            for transforms in dds_peer.valid(self.tf_reader.take(N=1000)):
                self.tf += {nanos(transform.header.stamp) for transform in transforms.transforms}
                self.last_reply = now


def wait_for_answers(collector: Collector, sent: dict[int, float], most: int) -> None:
    """Until fewer than `most` frames are later than the last answered, so that no queue overflows, however slow
    this machine is just now. A frame that is never answered is given up after a second."""
    began = time.monotonic()
    while time.monotonic() < max(began, collector.last_reply) + 1.0:
        if sum(stamp > collector.last_answered for stamp in sent) < most:
            return
        time.sleep(0.001)


def quantiles(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    if not ordered:
        return {}
    at = lambda share: round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 3)
    return {"p50": at(0.5), "p90": at(0.9), "p99": at(0.99), "max": round(ordered[-1], 3)}


def play(options: argparse.Namespace) -> dict:
    messages = read_bag(options.bag)
    if not any(topic == DETECTIONS[0] for topic, _ in messages):
        sys.exit(f"{options.bag} has no messages on {DETECTIONS[0]}")
    peer = dds_peer.Peer(options.domain)
    writers = {topic: peer.publisher(topic, kind, dds_peer.qos("reliable")) for topic, kind in (DETECTIONS, CAMERA)}
    people = peer.subscription(options.people_topic, PEOPLE[1], dds_peer.qos("reliable", 1000))
    if options.parent:
        latched = dds_peer.qos("reliable", 1) + Qos(Policy.Durability.TransientLocal)
        static = peer.publisher("/tf_static", TF[1], latched)
        static.write(resting(messages[0][1].header, options.parent))
    tf = peer.subscription(*TF, dds_peer.qos("reliable", 1000))
    ends = [*writers.values(), people] + ([] if options.no_tf else [tf])
    discovery_secs = dds_peer.wait_until(
        "the node has matched all topics",
        lambda: all(dds_peer.partners(end) > 0 for end in ends),
        options.discovery_secs,
    )
    time.sleep(options.settle_secs)  # the node may learn of us a moment after we learn of it
    collector = Collector(peer, people, tf)
    collector.start()

    sent: dict[int, float] = {}
    camera_infos, deadline, next_time = 0, time.monotonic() + options.seconds, time.monotonic()
    for topic, message in passes(messages, options.repeat):
        if topic == CAMERA[0]:
            writers[topic].write(message)
            camera_infos += 1
            continue
        time.sleep(max(0.0, next_time - time.monotonic()))
        if options.unanswered:
            wait_for_answers(collector, sent, options.unanswered)
        if time.monotonic() > deadline:
            break
        sent[nanos(message.header.stamp)] = time.monotonic()
        writers[topic].write(message)
        next_time += 1.0 / options.rate_hz
    sending_secs = max(sent.values()) - min(sent.values())

    collector.last_reply = time.monotonic()
    while time.monotonic() < collector.last_reply + options.grace_secs:
        answered = {stamp for stamp, _, _ in collector.people}
        if sent.keys() <= answered and (options.no_tf or sent.keys() <= set(collector.tf)):
            break
        time.sleep(0.02)
    time.sleep(0.2)  # would show duplicates
    collector.enough.set()
    collector.join(timeout=2.0)

    stamps = [stamp for stamp, _, _ in collector.people]
    latencies = [1e3 * (now - sent[stamp]) for stamp, now, _ in collector.people if stamp in sent]
    return {
        "bag": str(options.bag),
        "discovery_secs": round(discovery_secs, 3),
        "sent": len(sent),
        "camera_infos_sent": camera_infos,
        "sent_hz": round((len(sent) - 1) / sending_secs, 2) if sending_secs > 0 else None,
        "people_received": len(stamps),
        "people_stamps": len(set(stamps)),
        "people_unanswered": len(sent.keys() - set(stamps)),
        "people_unasked": len(set(stamps) - sent.keys()),
        "people_in_order": stamps == sorted(stamps),
        "people_frames": dict(collector.frames),
        "person_ids": dict(collector.people_seen),
        "person_states": dict(sorted(collector.states.items())),
        "messages_without_people": sum(count == 0 for _, _, count in collector.people),
        "tf_received": len(collector.tf),
        "tf_stamps": len(set(collector.tf)),
        "tf_unanswered": len(sent.keys() - set(collector.tf)),
        "latency_ms": quantiles(latencies),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--domain", type=int, required=True)
    parser.add_argument("--bag", type=Path, default=Path("tests/data/walk_cam01.mcap"))
    parser.add_argument("--rate-hz", type=float, default=60.0)
    parser.add_argument("--unanswered", type=int, help="send no faster than answers come: so many may be on their way")
    parser.add_argument("--repeat", type=int, default=1, help="passes over the bag, stamps go on")
    parser.add_argument("--seconds", type=float, default=300.0, help="stop sending after this long")
    parser.add_argument("--discovery-secs", type=float, default=15.0)
    parser.add_argument("--settle-secs", type=float, default=0.5)
    parser.add_argument("--grace-secs", type=float, default=3.0, help="wait this long for more replies")
    parser.add_argument("--no-tf", action="store_true", help="the node does not publish /tf")
    parser.add_argument("--people-topic", default=PEOPLE[0])
    parser.add_argument("--parent", help="publish on /tf_static that the camera is in this frame")
    parser.add_argument("--json-out", type=Path)
    options = parser.parse_args()
    result = json.dumps(play(options), indent=1)
    if options.json_out:
        options.json_out.write_text(result + "\n")
    print(result)


if __name__ == "__main__":
    main()
