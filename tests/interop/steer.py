#!/usr/bin/env python3
"""Steers the node as ``ros2 param`` and ``ros2 lifecycle`` do under rmw_cyclonedds, and prints what it says.

    steer.py --domain 42 --node /robot/posemoe

Ends by itself. The services' types are written from the packages' .srv files, apart from the Rust code.
"""

import argparse
import time

from cyclonedds.core import Policy, Qos
from cyclonedds.domain import DomainParticipant
from cyclonedds.idl.types import float64, int64, sequence, uint8, uint64
from cyclonedds.pub import DataWriter
from cyclonedds.sub import DataReader
from cyclonedds.topic import Topic
from cyclonedds.util import duration

from dds_peer import partners, say, valid, wait_until
from ros_types import TYPES, message, wire

SERVICE = Qos(
    Policy.Reliability.Reliable(duration(milliseconds=100)),
    Policy.Durability.Volatile,
    Policy.History.KeepLast(10),
    Policy.DataRepresentation(use_cdrv0_representation=True),
)
MARK = {"client": uint64, "number": int64}  # what rmw_cyclonedds puts before each request and reply


@message("rcl_interfaces")
class ParameterValue:
    type: uint8
    bool_value: bool
    integer_value: int64
    double_value: float64
    string_value: str
    byte_array_value: sequence[uint8]
    bool_array_value: sequence[bool]
    integer_array_value: sequence[int64]
    double_array_value: sequence[float64]
    string_array_value: sequence[str]


@message("rcl_interfaces")
class Parameter:
    name: str
    value: ParameterValue


@message("rcl_interfaces")
class SetParametersResult:
    successful: bool
    reason: str


@message("rcl_interfaces")
class ListParametersResult:
    names: sequence[str]
    prefixes: sequence[str]


@message("lifecycle_msgs")
class State:
    id: uint8
    label: str


@message("lifecycle_msgs")
class Transition:
    id: uint8
    label: str


# The fields of requests and responses; those without any have a placeholder on the wire.
SERVICES = {
    "list_parameters": (
        "rcl_interfaces/srv/ListParameters",
        {"prefixes": sequence[str], "depth": uint64},
        {"result": ListParametersResult},
    ),
    "get_parameters": (
        "rcl_interfaces/srv/GetParameters",
        {"names": sequence[str]},
        {"values": sequence[ParameterValue]},
    ),
    "set_parameters": (
        "rcl_interfaces/srv/SetParameters",
        {"parameters": sequence[Parameter]},
        {"results": sequence[SetParametersResult]},
    ),
    "get_state": ("lifecycle_msgs/srv/GetState", {"placeholder": uint8}, {"current_state": State}),
    "change_state": ("lifecycle_msgs/srv/ChangeState", {"transition": Transition}, {"success": bool}),
}


class Client:
    """One service of the node."""

    def __init__(self, participant: DomainParticipant, node: str, name: str):
        ros_type, request, response = SERVICES[name]
        package, _, kind = ros_type.split("/")
        self.name = name
        self.request = wire(f"{package}::srv::dds_::{kind}_Request_", {**MARK, **request})
        reply = wire(f"{package}::srv::dds_::{kind}_Response_", {**MARK, **response})
        topic = f"{node}/{name}"
        self.reader = DataReader(participant, Topic(participant, f"rr{topic}Reply", reply), qos=SERVICE)
        self.writer = DataWriter(participant, Topic(participant, f"rq{topic}Request", self.request), qos=SERVICE)
        self.number = 0

    def ready(self) -> None:
        for end in (self.writer, self.reader):
            wait_until(f"{self.name} is served", lambda: partners(end) > 0)
        time.sleep(0.3)  # the node may learn of us a moment after we learn of it

    def ask(self, **fields):
        self.number += 1
        self.writer.write(self.request(client=0x1122334455667788, number=self.number, **fields))
        found = []

        def answered() -> bool:
            found.extend(s for s in valid(self.reader.take(N=10)) if s.number == self.number)
            return bool(found)

        wait_until(f"{self.name} answers", answered)
        assert found[0].client == 0x1122334455667788, hex(found[0].client)
        return found[0]


def double(name: str, value: float):
    known = TYPES["rcl_interfaces/msg/ParameterValue"]()
    known.type, known.double_value = 3, value
    return TYPES["rcl_interfaces/msg/Parameter"](name=name, value=known)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--domain", type=int, required=True)
    parser.add_argument("--node", default="/posemoe")
    options = parser.parse_args()
    participant = DomainParticipant(options.domain)
    clients = {name: Client(participant, options.node, name) for name in SERVICES}
    for client in clients.values():
        client.ready()

    def state() -> str:
        return clients["get_state"].ask(placeholder=0).current_state.label

    def change(label: str) -> bool:
        transition = TYPES["lifecycle_msgs/msg/Transition"](id=0, label=label)
        return clients["change_state"].ask(transition=transition).success

    def value(name: str) -> float:
        return clients["get_parameters"].ask(names=[name]).values[0].double_value

    say(names=clients["list_parameters"].ask(prefixes=[], depth=0).result.names)
    say(before=value("predict_s"))
    asked = [double("predict_s", 0.75), double("predict_s", 99.0), double("lookahead_s", 0.5)]
    results = clients["set_parameters"].ask(parameters=asked).results
    say(set=[[result.successful, result.reason] for result in results], after=value("predict_s"))
    say(state=state(), away=change("deactivate"), then=state(), wrong=change("configure"))
    say(back=change("activate"), finally_=state())


if __name__ == "__main__":
    main()
