"""Which operators a model may use: those that ONNX Runtime and TensorRT both take.

TensorRT's list is docs/operators.md of github.com/onnx/onnx-tensorrt. Left out although TensorRT takes them:
Loop, If and Scan (a graph within the graph: no CUDA graph, slow) and whatever makes shapes depend on
values, as NonZero, TopK, Compress or Unique. Add what a new network needs, after a look at that list.
"""

import onnx

from .refused import Refused

ALLOWED = frozenset(
    # arithmetic
    "Add Sub Mul Div Neg Abs Pow Sqrt Reciprocal Exp Log Sin Cos Min Max Clip "
    "MatMul Gemm ReduceSum ReduceMean ReduceMax ReduceL2 "
    # activations and normalisation
    "Erf Tanh Sigmoid Relu Softmax LayerNormalization "
    # comparison and choice
    "Equal Greater GreaterOrEqual Less LessOrEqual And Or Not Where "
    # shape and type
    "Reshape Transpose Slice Split Concat Expand Shape Gather Unsqueeze Squeeze Flatten Cast "
    "Constant ConstantOfShape Identity".split()
)


def check_operators(model: onnx.ModelProto) -> None:
    """Refuses a graph with an operator that is not allowed, and names the node."""
    for node in model.graph.node:
        if node.domain not in ("", "ai.onnx") or node.op_type not in ALLOWED:
            operator = ".".join(filter(None, (node.domain, node.op_type)))
            raise Refused(f"node {node.name!r} is a {operator}, expected one of {', '.join(sorted(ALLOWED))}")
