#!/usr/bin/env python3
"""Asks a service as so many fresh clients under rmw_cyclonedds, one after the other, each once and at once.

    ask.py --domain 42 --service /server/ask --clients 20 --bytes 20000

Each client is a participant of its own, which asks as soon as it sees the service. Prints a JSON line for each.
"""

import argparse
import time

from cyclonedds.domain import DomainParticipant
from cyclonedds.idl.types import array, uint8, uint32
from cyclonedds.pub import DataWriter
from cyclonedds.sub import DataReader
from cyclonedds.topic import Topic

from dds_peer import partners, say, valid
from ros_types import wire
from steer import MARK, SERVICE

PATIENCE_SECS = 5.0


def comes(happened) -> bool:
    """Whether something comes true in time."""
    end = time.monotonic() + PATIENCE_SECS
    while not happened():
        if time.monotonic() > end:
            return False
        time.sleep(0.0005)
    return True


def ask(domain: int, service: str, number: int, request: type, reply: type) -> dict:
    """What became of one client's request."""
    participant = DomainParticipant(domain)
    reader = DataReader(participant, Topic(participant, f"rr{service}Reply", reply), qos=SERVICE)
    writer = DataWriter(participant, Topic(participant, f"rq{service}Request", request), qos=SERVICE)
    # As `service_is_available` of rmw_cyclonedds.
    found = comes(lambda: partners(writer) > 0 and partners(reader) > 0)
    start, answers = time.monotonic(), []

    def answered() -> bool:
        answers.extend(s for s in valid(reader.take(N=10)) if (s.client, s.number) == (client, number))
        return bool(answers)

    client = 0x1122334455667788 + number
    if found:
        writer.write(request(client=client, number=number, asked=number))
    right = found and comes(answered) and answers[0].echo == number
    ms = round(1e3 * (time.monotonic() - start), 1)
    size = 4 + len(answers[0].rest) if right else 0
    return {"client": number, "found": found, "answered": right, "bytes": size, "ms": ms}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--domain", type=int, required=True)
    parser.add_argument("--service", required=True)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--bytes", type=int, default=100, help="of an answer")
    options = parser.parse_args()
    request = wire("std_srvs::srv::dds_::Ask_Request_", {**MARK, "asked": uint32})
    rest = array[uint8, options.bytes - 4]
    reply = wire("std_srvs::srv::dds_::Ask_Response_", {**MARK, "echo": uint32, "rest": rest})
    for number in range(options.clients):
        say(**ask(options.domain, options.service, number, request, reply))


if __name__ == "__main__":
    main()
