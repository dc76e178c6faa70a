#!/usr/bin/env python3
"""A ROS 2 peer on Cyclone DDS, without ROS: the middleware under rmw_cyclonedds talks to us.

As a library: Peer. As a command, for the tests of the DDS bus:

    dds_peer.py listen --domain 42 --topic /chatter --qos reliable --count 20
    dds_peer.py talk   --domain 42 --topic /chatter --qos sensor   --count 20 --bytes 100 --rate 100
    dds_peer.py graph  --domain 42 --node /talker

Everything stays on the interface lo. Each command prints JSON lines and ends by itself.
"""

import argparse
import json
import os
import sys
import time
import uuid

# Read by Cyclone DDS when the first participant is made. Localhost only, as rmw_cyclonedds sets it
# for ROS_AUTOMATIC_DISCOVERY_RANGE=LOCALHOST.
LOCALHOST = """<CycloneDDS><Domain>
<General><AllowMulticast>false</AllowMulticast>
  <Interfaces><NetworkInterface name="lo" multicast="false"/></Interfaces></General>
<Discovery><ParticipantIndex>auto</ParticipantIndex>
  <MaxAutoParticipantIndex>32</MaxAutoParticipantIndex>
  <Peers><Peer Address="127.0.0.1"/></Peers></Discovery>
</Domain></CycloneDDS>"""
os.environ.setdefault("CYCLONEDDS_URI", LOCALHOST)

from cyclonedds.builtin import (  # noqa: E402
    BuiltinDataReader,
    BuiltinTopicDcpsPublication,
    BuiltinTopicDcpsSubscription,
)
from cyclonedds.core import Policy, Qos, ReadCondition, ViewState, InstanceState, SampleState, WaitSet  # noqa: E402
from cyclonedds.domain import DomainParticipant  # noqa: E402
from cyclonedds.pub import DataWriter  # noqa: E402
from cyclonedds.sub import DataReader  # noqa: E402
from cyclonedds.topic import Topic  # noqa: E402
from cyclonedds.util import duration  # noqa: E402

import ros_types  # noqa: E402

PATIENCE_SECS = 15.0


def qos(kind: str, depth: int = 10) -> Qos:
    """``reliable`` or ``sensor`` (best effort), as ROS 2 profiles have them."""
    reliability = {
        "reliable": Policy.Reliability.Reliable(duration(milliseconds=100)),
        "sensor": Policy.Reliability.BestEffort,
    }[kind]
    return Qos(
        reliability,
        Policy.Durability.Volatile,
        Policy.History.KeepLast(depth),
        Policy.DataRepresentation(use_cdrv0_representation=True),
    )


class Peer:
    """A participant with publishers and subscriptions under their ROS names."""

    def __init__(self, domain: int):
        self.participant = DomainParticipant(domain)
        self._topics: dict[tuple[str, str], Topic] = {}

    def _topic(self, name: str, ros_type: str) -> Topic:
        key = (name, ros_type)
        if key not in self._topics:
            kind = ros_types.TYPES[ros_type]
            self._topics[key] = Topic(self.participant, f"rt{name}", kind)
        return self._topics[key]

    def publisher(self, name: str, ros_type: str, profile: Qos) -> DataWriter:
        return DataWriter(self.participant, self._topic(name, ros_type), qos=profile)

    def subscription(self, name: str, ros_type: str, profile: Qos) -> DataReader:
        return DataReader(self.participant, self._topic(name, ros_type), qos=profile)

    def wait_set(self, *readers: DataReader) -> WaitSet:
        """Wakes when any of these has messages."""
        waiting = WaitSet(self.participant)
        for reader in readers:
            anything = ViewState.Any | InstanceState.Any | SampleState.NotRead
            waiting.attach(ReadCondition(reader, anything))
        return waiting


def partners(endpoint: DataWriter | DataReader) -> int:
    """How many endpoints of others this one is connected with."""
    if isinstance(endpoint, DataWriter):
        return len(endpoint.get_matched_subscriptions())
    return len(endpoint.get_matched_publications())


def wait_until(what: str, happened, patience_secs: float = PATIENCE_SECS) -> float:
    """Seconds until ``happened()``; leaves the program when it does not in time."""
    start = time.monotonic()
    while not happened():
        if time.monotonic() - start > patience_secs:
            sys.exit(f"waited {patience_secs:.0f} s in vain until {what}")
        time.sleep(0.005)
    return time.monotonic() - start


def say(**what) -> None:
    print(json.dumps(what), flush=True)


def valid(samples) -> list:
    """Those that are messages; a writer's farewell comes as a sample without data."""
    return [sample for sample in samples if sample.sample_info.valid_data]


def text(number: int, length: int) -> str:
    """What the talker sends and the listener expects."""
    return f"{number}:".ljust(length, "x")


def listen(options: argparse.Namespace) -> None:
    peer = Peer(options.domain)
    reader = peer.subscription(options.topic, "std_msgs/msg/String", qos(options.qos, 1000))
    wait_until("a publisher is there", lambda: partners(reader) > 0)
    say(matched=partners(reader))
    waiting = peer.wait_set(reader)
    received: list[str] = []
    end = time.monotonic() + PATIENCE_SECS
    while len(received) < options.count and time.monotonic() < end:
        waiting.wait(duration(milliseconds=200))
        received += [sample.data for sample in valid(reader.take(N=1000))]
    numbers = [int(data.split(":")[0]) for data in received]
    intact = sum(data == text(number, len(data)) for data, number in zip(received, numbers))
    say(received=numbers, lengths=[len(data) for data in received], intact=intact)
    if options.until_gone:
        gone = wait_until("the publisher is gone", lambda: partners(reader) == 0, 60.0)
        say(gone_secs=round(gone, 3))


def talk(options: argparse.Namespace) -> None:
    peer = Peer(options.domain)
    writer = peer.publisher(options.topic, "std_msgs/msg/String", qos(options.qos, 1000))
    wait_until("a subscriber is there", lambda: partners(writer) > 0)
    time.sleep(0.2)  # the subscriber may learn of us a moment after we learn of it
    next_time = time.monotonic()
    for number in range(options.count):
        writer.write(ros_types.String(text(number, options.bytes)))
        next_time += 1.0 / options.rate
        time.sleep(max(0.0, next_time - time.monotonic()))
    try:
        acknowledged = options.qos != "reliable" or writer.wait_for_acks(duration(seconds=5))
    except AttributeError:  # what cyclonedds 11.0.1 raises on a timeout, for a misspelt name
        acknowledged = False
    say(sent=options.count, acknowledged=acknowledged)
    wait_until("the subscriber is gone", lambda: partners(writer) == 0)


def graph(options: argparse.Namespace) -> None:
    """What ``ros2 node info`` would show of a node, then how soon its farewell was heard."""
    peer = Peer(options.domain)
    profile = Qos(
        Policy.Reliability.Reliable(duration(milliseconds=100)),
        Policy.Durability.TransientLocal,
        Policy.History.KeepLast(100),
        Policy.DataRepresentation(use_cdrv0_representation=True),
    )
    info = ros_types.ParticipantEntitiesInfo
    reader = DataReader(
        peer.participant, Topic(peer.participant, "ros_discovery_info", info), qos=profile
    )
    ends = {
        "publishes": BuiltinDataReader(peer.participant, BuiltinTopicDcpsPublication),
        "subscribes": BuiltinDataReader(peer.participant, BuiltinTopicDcpsSubscription),
    }
    endpoints: dict[str, dict[uuid.UUID, list[str]]] = {"publishes": {}, "subscribes": {}}
    latest: dict[bytes, list] = {}

    def look() -> dict | None:
        for sample in valid(reader.take(N=1000)):
            latest[bytes(sample.gid.data)] = sample.node_entities_info_seq
        for role, builtin in ends.items():
            for found in valid(builtin.take(N=1000)):
                endpoints[role][found.key] = [found.topic_name, found.type_name]
        for nodes in latest.values():
            for node in nodes:
                name = f"{node.node_namespace.rstrip('/')}/{node.node_name}"
                if name == options.node:
                    gids = {"publishes": node.writer_gid_seq, "subscribes": node.reader_gid_seq}
                    keys = {role: [uuid.UUID(bytes=bytes(gid.data)) for gid in some] for role, some in gids.items()}
                    if all(key in endpoints[role] for role in keys for key in keys[role]):
                        return {
                            role: sorted(endpoints[role][key] for key in keys[role]) for role in keys
                        }
        return None

    def complete() -> bool:
        shown = look()
        return shown is not None and sum(len(ends) for ends in shown.values()) >= options.count

    wait_until(f"the graph shows {options.node} with its {options.count} endpoints", complete)
    say(node=options.node, **look())
    gone = wait_until("the node left the graph", lambda: look() is None, 60.0)
    say(gone_secs=round(gone, 3))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("command", choices=["listen", "talk", "graph"])
    parser.add_argument("--domain", type=int, required=True)
    parser.add_argument("--topic", default="/chatter")
    parser.add_argument("--qos", choices=["reliable", "sensor"], default="reliable")
    parser.add_argument("--count", type=int, default=20, help="messages, or endpoints of the node")
    parser.add_argument("--bytes", type=int, default=100)
    parser.add_argument("--rate", type=float, default=100.0)
    parser.add_argument("--node", default="/talker")
    parser.add_argument("--until-gone", action="store_true")
    options = parser.parse_args()
    {"listen": listen, "talk": talk, "graph": graph}[options.command](options)


if __name__ == "__main__":
    main()
