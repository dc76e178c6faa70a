"""What a training run leaves behind: the averaged weights, and all that it needs to go on."""

from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import torch

from .memory import Memory
from .network import PoseMoE
from .recipe import Recipe, parse

FORMAT = 4
ORIENTATION = "orientation."


class CheckpointError(ValueError):
    """A file that is no checkpoint of this package; the message says what was found."""


def save(path: Path, recipe: Recipe, average: PoseMoE, own_data: List[Dict[str, str]],
         state: Optional[Dict[str, Any]]) -> None:
    """`own_data` names the user's files that touched the weights, with their licences; without a `state`
    a run can begin with the weights but not go on, and they are kept in half precision.

    Written beside and moved into place, so that a run that is killed leaves a whole file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    weights = {name: value.half() if state is None and value.is_floating_point() else value
               for name, value in average.state_dict().items()}
    torch.save({"format": FORMAT, "recipe": recipe.as_dict(), "network": weights, "own_data": own_data, "state": state},
               part)
    part.replace(path)


def load(path: Path) -> Dict[str, Any]:
    try:
        kept = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise CheckpointError(f"there is no checkpoint {path}; `train` writes one") from None
    except Exception as error:  # torch raises many kinds for a damaged file
        raise CheckpointError(f"{path} is not a checkpoint: {error}") from None
    if not isinstance(kept, dict) or kept.get("format") != FORMAT:
        found = kept.get("format") if isinstance(kept, dict) else type(kept).__name__
        raise CheckpointError(f"{path} has format {found}, expected {FORMAT}")
    return kept


def recipe_of(kept: Dict[str, Any], path: Path) -> Recipe:
    return parse(kept["recipe"], str(path))


def without_orientation(weights: Dict[str, torch.Tensor]) -> Dict[str, torch.Tensor]:
    """What is trained before the head for orientations, which fits no other weights than those it was learnt upon."""
    return {name: value for name, value in weights.items() if not name.startswith(ORIENTATION)}


def load_network(path: Path) -> Tuple[PoseMoE, Memory]:
    """The averaged weights, ready to evaluate, and how much is remembered."""
    return network_of(load(path), path)


def network_of(kept: Dict[str, Any], path: Path) -> Tuple[PoseMoE, Memory]:
    recipe = recipe_of(kept, path)
    network = PoseMoE(recipe.network_size(), recipe.variant)
    if any(name.startswith(ORIENTATION) for name in kept["network"]):
        network.with_orientation()
    network.load_state_dict(kept["network"])
    return network.eval(), recipe.memory
