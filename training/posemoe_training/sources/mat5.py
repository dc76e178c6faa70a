"""MATLAB files of version 5, as far as annotations need them: a cell array of number arrays.

A file is a header of 128 bytes and a row of elements: type, size, payload padded to 8 bytes.
(scipy reads these files too, but brings the whole program down where one is damaged.)
"""

import struct
import zlib
from pathlib import Path
from typing import Iterator, List, Tuple

import numpy as np

from .recording import SourceError

NUMBERS = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
MATRIX, COMPRESSED = 14, 15   # types of elements
CELL, NUMERIC = 1, range(6, 16)  # classes of arrays: double, single, and the integers


def _elements(data: memoryview, order: str) -> Iterator[Tuple[int, memoryview]]:
    """Type and payload of each element. One of at most 4 bytes may share a word with its tag."""
    at = 0
    while at < len(data):
        kind, size = struct.unpack_from(order + "II", data, at)
        start = at + 8
        if kind >> 16:
            kind, size, start = kind & 0xFFFF, kind >> 16, at + 4
        if start + size > len(data):
            raise ValueError(f"an element of {size} bytes at the end of the data")
        yield kind, data[start:start + size]
        at = start + size if kind == COMPRESSED else start + size + -(start + size) % 8


def _array(payload: memoryview, order: str) -> np.ndarray:
    parts = list(_elements(payload, order))
    shape = np.frombuffer(parts[1][1], order + "i4")
    array_class = struct.unpack_from(order + "I", parts[0][1])[0] & 0xFF
    kind, values = parts[3]
    if array_class not in NUMERIC or kind not in NUMBERS:
        raise ValueError(f"an array of class {array_class} and type {kind}, expected numbers")
    return np.frombuffer(values, order + NUMBERS[kind]).reshape(shape, order="F")


def _cells(data: memoryview, order: str, wanted: str, found: List[str]) -> List[np.ndarray]:
    for kind, payload in _elements(data, order):
        if kind == COMPRESSED:
            [(kind, payload)] = _elements(memoryview(zlib.decompress(payload)), order)
        if kind != MATRIX:
            continue
        parts = list(_elements(payload, order))
        found.append(bytes(parts[2][1]).decode("latin1"))
        if found[-1] == wanted and struct.unpack_from(order + "I", parts[0][1])[0] & 0xFF == CELL:
            return [_array(cell, order) for _, cell in parts[3:]]
    return []


def read_cells(path: Path, name: str) -> List[np.ndarray]:
    """The arrays of the cell array `name`, in MATLAB's order."""
    data = path.read_bytes()
    order = {b"IM": "<", b"MI": ">"}.get(data[126:128])
    if data.startswith(b"MATLAB 7.3") or order is None:
        what = "MATLAB 7.3" if order else "not a MATLAB file"
        raise SourceError("cannot be read", f"{path}: {what}, expected MATLAB 5")
    found: List[str] = []
    try:
        cells = _cells(memoryview(data)[128:], order, name, found)
    except (ValueError, IndexError, struct.error, zlib.error) as error:
        raise SourceError("cannot be read", f"{path}: {error}") from error
    if not cells:
        raise SourceError("wrong layout", f"{path}: expected the cells {name}, found {found}")
    return cells
