#!/usr/bin/env python3
"""A detector that goes on playing the walk, come what may, and says what it sees of the node.

    endure.py restart --domain 42    while somebody kills the node and starts it again
    endure.py return  --domain 42    the detector itself dies for some seconds and returns

Prints a JSON line at each step, and ends by itself. Stamps are the present time. Localhost only.
"""

import argparse
import time
from copy import deepcopy
from itertools import cycle
from pathlib import Path
from threading import Event, Thread

import dds_peer  # first: it tells Cyclone DDS where to look
import ros_types
from play_walk import CAMERA, DETECTIONS, PEOPLE, nanos, read_bag

DIAGNOSTICS = ("/diagnostics", "diagnostic_msgs/msg/DiagnosticArray")
RATE_HZ = 30.0
SILENCE_SECS = 1.5


class Detector(Thread):
    """Publishes the walk over and over until it is told to die; its endpoints die with it."""

    def __init__(self, domain: int, messages: list):
        super().__init__(daemon=True)
        self.messages, self.dead = messages, Event()
        peer = dds_peer.Peer(domain)
        self.writers = {
            topic: peer.publisher(topic, kind, dds_peer.qos("reliable")) for topic, kind in (DETECTIONS, CAMERA)
        }

    def run(self) -> None:
        camera = next(message for topic, message in self.messages if topic == CAMERA[0])
        for topic, message in cycle(self.messages):
            if topic == CAMERA[0]:
                continue
            for topic, message in ((CAMERA[0], deepcopy(camera)), (topic, deepcopy(message))):
                message.header.stamp = ros_types.Time(*divmod(time.time_ns(), 1_000_000_000))
                self.writers[topic].write(message)
            if self.dead.wait(1.0 / RATE_HZ):
                break
        self.writers.clear()

    def die(self) -> None:
        self.dead.set()
        self.join()


class Watch:
    """What the node says."""

    def __init__(self, domain: int):
        peer = dds_peer.Peer(domain)
        self.people = peer.subscription(*PEOPLE, dds_peer.qos("reliable", 1000))
        self.diagnostics = peer.subscription(*DIAGNOSTICS, dds_peer.qos("reliable", 100))
        self.last_people, self.count, self.newest = time.monotonic(), 0, 0
        self.in_order = True
        self.said: list[tuple[int, str]] = []

    def look(self) -> None:
        for message in dds_peer.valid(self.people.take(N=1000)):
            stamp = nanos(message.header.stamp)
            self.in_order &= stamp > self.newest
            self.newest = stamp
            if any(person.state == 1 for person in message.people):
                self.count += 1
                self.last_people = time.monotonic()
        for message in dds_peer.valid(self.diagnostics.take(N=100)):
            self.said += [(status.level, status.message) for status in message.status]

    def wait_for_people(self, more: int = 30) -> float:
        enough = self.count + more

        def there() -> bool:
            self.look()
            return self.count >= enough

        return dds_peer.wait_until(f"{more} more images with people are there", there)

    def wait_for_silence(self) -> float:
        def silent() -> bool:
            self.look()
            return time.monotonic() > self.last_people + SILENCE_SECS

        return dds_peer.wait_until("no people come any more", silent)

    def wait_until_said(self, level: int, text: str) -> None:
        self.said.clear()

        def said() -> bool:
            self.look()
            return any(found == level and text in message for found, message in self.said)

        dds_peer.wait_until(f"diagnostics say {text!r} at level {level}", said)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("command", choices=["restart", "return"])
    parser.add_argument("--domain", type=int, required=True)
    parser.add_argument("--bag", type=Path, default=Path("tests/data/walk_cam01.mcap"))
    options = parser.parse_args()
    messages = read_bag(options.bag)
    watch, detector = Watch(options.domain), Detector(options.domain, messages)
    detector.start()
    watch.wait_for_people()
    watch.wait_until_said(0, "publishing")
    dds_peer.say(first=True)
    if options.command == "restart":
        watch.wait_for_silence()
        dds_peer.say(silent=True)
    else:
        detector.die()
        watch.wait_until_said(1, "no keypoints for")
        watch.wait_until_said(2, "no keypoints for")
        dds_peer.say(missed=True)
        detector = Detector(options.domain, messages)
        detector.start()
    again_secs = watch.wait_for_people()
    watch.wait_until_said(0, "publishing")
    dds_peer.say(again_secs=round(again_secs, 3), in_order=watch.in_order)
    detector.die()


if __name__ == "__main__":
    main()
