#!/usr/bin/env python3
"""Writes tests/golden/depth/: images in the `compressedDepth` transport, packed by code that is not ours.

Pillow makes the PNG, `rosbags` the message; RVL is written here after A. D. Wilson's paper. Needs PyPI `rosbags`,
`numpy` and `pillow`. The values are what src/input/compressed_depth/tests.rs expects: change both.

    python3 scripts/make_golden_depth.py
"""

import io
import struct
from pathlib import Path

import numpy as np
from PIL import Image
from rosbags.typesys import Stores, get_typestore

GOLDEN = Path(__file__).resolve().parent.parent / "tests" / "golden" / "depth"
WIDTH, HEIGHT = 13, 7
# As the transport has them where nobody says otherwise.
DEPTH_MAX_M, QUANTIZATION = 10.0, 100.0


def millimetres():
    """Holes at every fifth pixel and along an edge; steps of all sizes between the others."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    depths = 1 + (x * 4801 + y * 7919) % 65535
    depths[((x + y) % 5 == 0) | (x == WIDTH - 1)] = 0
    return depths.astype(np.uint16)


def quantized(depths_m):
    """Inverse depths as numbers of 16 bits, with what they were multiplied and shifted by."""
    scale = np.float32(QUANTIZATION * (QUANTIZATION + 1))
    shift = np.float32(1 - scale / DEPTH_MAX_M)
    with np.errstate(divide="ignore", invalid="ignore"):
        numbers = np.where(depths_m < DEPTH_MAX_M, scale / depths_m + shift, 0)
    return numbers.astype(np.uint16), scale, shift


def png(numbers):
    stream = io.BytesIO()
    Image.fromarray(numbers).save(stream, format="png")
    return stream.getvalue()


def rvl(numbers):
    nibbles = []

    def put(number):
        while True:
            rest = number >> 3
            nibbles.append(number & 7 | (8 if rest else 0))
            number = rest
            if not number:
                return

    flat = [int(number) for number in numbers.flatten()]
    place, previous = 0, 0
    while place < len(flat):
        first = next((n for n in range(place, len(flat)) if flat[n]), len(flat))
        put(first - place)
        end = next((n for n in range(first, len(flat)) if not flat[n]), len(flat))
        put(end - first)
        for number in flat[first:end]:
            difference = number - previous
            put(2 * difference if difference >= 0 else -2 * difference - 1)
            previous = number
        place = end
    nibbles += [0] * (-len(nibbles) % 8)
    words = [int("".join(f"{nibble:x}" for nibble in nibbles[n : n + 8]), 16) for n in range(0, len(nibbles), 8)]
    size = struct.pack("<2I", numbers.shape[1], numbers.shape[0])
    return size + struct.pack(f"<{len(words)}I", *words)


def message(form, scale, shift, packed):
    store = get_typestore(Stores.ROS2_JAZZY)
    stamp = store.types["builtin_interfaces/msg/Time"](sec=1_700_000_000, nanosec=0)
    header = store.types["std_msgs/msg/Header"](stamp=stamp, frame_id="depth_optical_frame")
    data = struct.pack("<i2f", 0, scale, shift) + packed
    kind = "sensor_msgs/msg/CompressedImage"
    image = store.types[kind](header=header, format=form, data=np.frombuffer(data, dtype=np.uint8))
    return bytes(store.serialize_cdr(image, kind))


def main():
    depths = millimetres()
    metres = np.where(depths == 0, np.nan, depths / 1000.0).astype(np.float32)
    inverse, scale, shift = quantized(metres)
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for name, pack in (("png", png), ("rvl", rvl)):
        millimetre_form, metre_form = (f"{encoding}; compressedDepth {name}" for encoding in ("16UC1", "32FC1"))
        (GOLDEN / f"16UC1_{name}.cdr").write_bytes(message(millimetre_form, 0, 0, pack(depths)))
        (GOLDEN / f"32FC1_{name}.cdr").write_bytes(message(metre_form, scale, shift, pack(inverse)))


if __name__ == "__main__":
    main()
