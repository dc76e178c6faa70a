"""Python objects inside `.npz` files, read without running any code.

Human3.6M's usual files hold dictionaries, so numpy stores them as pickles, and a pickle can run
whatever its maker likes (`allow_pickle=True`). This reader lets it build dictionaries, text,
numbers and arrays; it refuses everything else by name.
"""

import io
import pickle
import zipfile
from pathlib import Path
from typing import Any, Dict

import numpy as np

from .recording import SourceError

# Where numpy rebuilds arrays and numbers from; the module's name depends on numpy's version.
_ARRAY = np.empty(0).__reduce__()[0]
_NUMBER = np.float64(0).__reduce__()[0]
_HARMLESS = {
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    **{(f"numpy.{core}.multiarray", name): value for core in ("core", "_core")
       for name, value in (("_reconstruct", _ARRAY), ("scalar", _NUMBER))},
}


class _DataOnly(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        try:
            return _HARMLESS[module, name]
        except KeyError:
            raise SourceError("not plain data", f"the file asks for {module}.{name}") from None


def _load(data: bytes) -> Any:
    file = io.BytesIO(data)
    version = np.lib.format.read_magic(file)
    header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = header(file)
    if not dtype.hasobject:
        return np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
    found = _DataOnly(file, encoding="latin1").load()  # latin1: also files from Python 2
    return found.item() if shape == () else found


def load_objects(path: Path) -> Dict[str, Any]:
    """The entries of a `.npz` file: arrays, or the dictionaries that it holds."""
    try:
        with zipfile.ZipFile(path) as archive:
            return {name[:-4]: _load(archive.read(name)) for name in archive.namelist() if name.endswith(".npy")}
    except SourceError as error:
        raise SourceError(error.reason, f"{path}: {error.detail}") from error
    except Exception as error:  # a damaged pickle fails in any way that it likes
        raise SourceError("cannot be read", f"{path}: {type(error).__name__}: {error}") from error
