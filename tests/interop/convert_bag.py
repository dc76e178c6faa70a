#!/usr/bin/env python3
"""Writes the messages of an MCAP file in every form that `rosbags` can, and split over two files.

    python3 convert_bag.py BAG FOLDER

FOLDER/<storage>_<compression> are rosbag2 folders: storage mcap or sqlite3, compression none, file or
message. FOLDER/split is one of sqlite3 storage whose files have the messages turn by turn.
"""

import sys
from pathlib import Path

from rosbags.rosbag2 import CompressionFormat, CompressionMode, Reader, StoragePlugin, Writer
from ruamel.yaml import YAML

NO_HASH = "RIHS01_" + 64 * "0"


def write(folder, messages, storage, mode=CompressionMode.NONE, version=9):
    writer = Writer(folder, version=version, storage_plugin=storage)
    writer.set_compression(mode, CompressionFormat.ZSTD)
    connections = {}
    with writer:
        for connection, log_ns, data in messages:
            known = connections.get(connection.topic)
            if known is None:
                known = writer.add_connection(
                    connection.topic,
                    connection.msgtype,
                    msgdef=connection.msgdef.data,
                    rihs01=connection.digest or NO_HASH,
                    offered_qos_profiles=connection.ext.offered_qos_profiles,
                )
                connections[connection.topic] = known
            writer.write(known, log_ns, data)


def split(folder, messages):
    """The second bag's file and its counts are moved into the first bag."""
    yaml = YAML(typ="safe")
    second = folder.with_name(folder.name + "_1")
    write(folder, messages[::2], StoragePlugin.SQLITE3)
    write(second, messages[1::2], StoragePlugin.SQLITE3, version=8)
    path = folder / "metadata.yaml"
    metadata = yaml.load(path)
    ours = metadata["rosbag2_bagfile_information"]
    theirs = yaml.load(second / "metadata.yaml")["rosbag2_bagfile_information"]
    (file,) = theirs["relative_file_paths"]
    (second / file).rename(folder / file)
    ours["relative_file_paths"].append(file)
    ours["files"] += theirs["files"]
    ours["message_count"] += theirs["message_count"]
    counts = {t["topic_metadata"]["name"]: t["message_count"] for t in theirs["topics_with_message_count"]}
    for topic in ours["topics_with_message_count"]:
        topic["message_count"] += counts.get(topic["topic_metadata"]["name"], 0)
    yaml.dump(metadata, path)


def main():
    bag, folder = map(Path, sys.argv[1:])
    with Reader(bag) as reader:
        messages = [(c, log_ns, bytes(data)) for c, log_ns, data in reader.messages()]
    for storage in StoragePlugin.MCAP, StoragePlugin.SQLITE3:
        for mode in CompressionMode.NONE, CompressionMode.FILE, CompressionMode.MESSAGE:
            name = f"{storage.name}_{mode.name}".lower()
            write(folder / name, messages, storage, mode)
    split(folder / "split", messages)


if __name__ == "__main__":
    main()
