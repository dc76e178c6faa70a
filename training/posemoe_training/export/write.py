"""Makes, checks and writes a model file; what fails a check is not written."""

from pathlib import Path
from typing import Dict

import onnx

from ..streams import Batch
from .forms import Form
from .graph import to_onnx
from .half import in_half
from .manifest import OwnData, add_manifest, manifest
from .operators import check_operators
from .parity import check_float16, check_float32
from .refused import Refused

MOST_BYTES = 20_000_000


def write_float32(form: Form, people: Batch, out: Path, own_data: OwnData = ()) -> onnx.ModelProto:
    inputs = form.example(people)
    model = to_onnx(form, inputs)
    check_operators(model)
    print(f"{form.kind}, float32 against PyTorch: {check_float32(form, model, inputs)}")
    write_model(model, manifest(form, out.stem, "float32", own_data), out)
    return model


def write_float16(form: Form, people: Batch, float32: onnx.ModelProto, out: Path, own_data: OwnData = ()) -> None:
    inputs = form.example(people)
    model = to_onnx(in_half(form), inputs)
    check_operators(model)
    print(f"{form.kind}, float16 against float32: {check_float16(form, float32, model, inputs)}")
    write_model(model, manifest(form, out.stem, "float16", own_data), out)


def write_model(model: onnx.ModelProto, promises: Dict[str, object], out: Path) -> None:
    add_manifest(model, promises)
    onnx.checker.check_model(model, full_check=True)
    if model.ByteSize() > MOST_BYTES:
        raise Refused(f"{out} would have {model.ByteSize():,} bytes, at most {MOST_BYTES:,} are expected")
    out.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, out)
    print(f"{out}: {model.ByteSize() / 1e6:.1f} MB, {len(model.graph.node)} operators")
