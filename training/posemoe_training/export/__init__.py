"""The trained network as a model file for the node: `python -m posemoe_training export`.

    checkpoint ─┬─ forms.py (fused.py) ─┬─ graph.py ───────────┬─ operators, parity ─ manifest ─ posemoe.onnx
                │                       └─ half.py ─ graph.py ─┘  (refuse what is wrong)
                └─ fixture.py ─ parity.safetensors, for the test in Rust
"""

from .command import add_arguments, run

__all__ = ["add_arguments", "run"]
