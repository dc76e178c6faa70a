"""What `posemoe bench` measures itself against: an entangled window network of the same size.

Only its time is asked for, which does not depend on its weights; so they are one number each, and the file is small.
"""

from pathlib import Path

import onnx
from onnx import helper, numpy_helper

from ..memory import Memory
from ..network import PoseMoE, Size
from ..streams import Batch
from .forms import WindowForm
from .graph import to_onnx
from .manifest import manifest
from .operators import check_operators
from .write import write_model

WEIGHT = 0.01
SMALLEST = 64  # numbers; what is smaller may be a shape or an axis, and costs nothing


def write_yardstick(size: Size, memory: Memory, people: Batch, out: Path) -> None:
    form = WindowForm(PoseMoE(size, "entangled"), memory)
    model = to_onnx(form, form.example(people))
    for weight in list(model.graph.initializer):
        if weight.data_type == onnx.TensorProto.FLOAT and numpy_helper.to_array(weight).size >= SMALLEST:
            _become_constant(model.graph, weight)
    check_operators(model)
    write_model(model, {**manifest(form, out.stem, "float32"), "training_data": []}, out)


def _become_constant(graph: onnx.GraphProto, weight: onnx.TensorProto) -> None:
    """ONNX Runtime makes the tensor when it loads the model."""
    shape = f"{weight.name}.shape"
    value = helper.make_tensor("value", onnx.TensorProto.FLOAT, [1], [WEIGHT])
    graph.initializer.append(helper.make_tensor(shape, onnx.TensorProto.INT64, [len(weight.dims)], list(weight.dims)))
    graph.node.insert(0, helper.make_node("ConstantOfShape", [shape], [weight.name], value=value))
    graph.initializer.remove(weight)
