"""Random numbers of a batch: one generator, one device."""

import torch


class Draw:
    """Draws tensors from one generator, on that generator's device."""

    def __init__(self, rng: torch.Generator):
        self.rng, self.device = rng, rng.device

    def unit(self, *shape: int) -> torch.Tensor:
        return torch.rand(*shape, generator=self.rng, device=self.device)

    def uniform(self, low: float, high: float, *shape: int) -> torch.Tensor:
        return low + (high - low) * self.unit(*shape)

    def normal(self, *shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=self.rng, device=self.device)

    def chance(self, p, *shape: int) -> torch.Tensor:
        """True with probability `p`, a number or a tensor that broadcasts."""
        return self.unit(*shape) < p

    def pick(self, weights: torch.Tensor, count: int) -> torch.Tensor:
        """`count` row numbers, each drawn in proportion to its weight."""
        return torch.multinomial(weights.to(self.device), count, replacement=True, generator=self.rng)
