"""An embedding of poses that knows what people do: a variational autoencoder of the directions of bones.

A pose is 16 unit vectors in the frame of the pelvis, so neither size, place nor heading of the person counts. What the decoder
gives are unit vectors too: with any body's lengths they make a pose whose bones are as long as they should be.

After the idea of Kundu et al. (ECCV 2020, arXiv 2008.01388), a generative embedding that allows plausible poses only; its
form, and how plausibility is read from it, are ours.
"""

import math
from typing import NamedTuple, Tuple

import torch
from torch import nn

from ..bodies import in_frame, in_world, turned, unit
from ..poses import CHAIN, bones_of, chest_frame, pelvis_frame

BONES = 16
NUMBERS, WIDTH = 20, 256
QUANTILES = 201
CRITIC, MOST_ODDS = 8.0, 15.0
DISTURBED_RAD, DISTURBED_CHANCE = (0.15, 1.2), 0.12  # how far bones are turned, and each bone's chance besides one
FREE = [1, 2, 4, 5, 8, 9, 11, 12, 14, 15]            # bones that the pelvis' frame leaves free, of 16: limbs and head
LEGS, ARMS = ((1, 2), (4, 5)), ((11, 12), (14, 15))  # upper and lower bone, of 16
HINGED = 10 * len(LEGS + ARMS)


class Code(NamedTuple):
    mean: torch.Tensor       # (..., NUMBERS)
    log_spread: torch.Tensor


def directions_of(x: torch.Tensor) -> torch.Tensor:
    """Unit vectors (..., 16, 3) of the bones of poses (..., 17, 3), in any right-handed frame, as the pelvis sees them."""
    bones = bones_of(x.reshape(-1, 1, 17, 3))
    seen = in_frame(pelvis_frame(bones)[:, :, None], bones)
    return unit(seen)[:, 0, 1:].reshape(*x.shape[:-2], BONES, 3)


def with_directions(directions: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """Poses (..., 17, 3) of these directions, with the lengths, pelvis and heading of others, relative to the pelvis."""
    bones = bones_of(like.reshape(-1, 1, 17, 3))
    frame = pelvis_frame(bones)[:, 0]
    turned = in_world(frame[:, None], directions.reshape(-1, BONES, 3))
    turned = turned * bones[:, 0, 1:].norm(dim=-1, keepdim=True)
    return torch.einsum("jk,bkc->bjc", CHAIN[:, 1:].to(turned), turned).reshape(like.shape)


def hinged(directions: torch.Tensor) -> torch.Tensor:
    """How limbs are bent (..., HINGED), of directions (..., 16, 3): what tells a hinge's way from any other, as pelvis and
    chest see it, so that a critic need not find it out."""
    bones = nn.functional.pad(directions.reshape(-1, 1, BONES, 3), (0, 0, 1, 0))  # the pelvis itself is none
    told = []
    for part, limbs in ((pelvis_frame(bones), LEGS), (chest_frame(bones), ARMS)):
        part = part.reshape(*directions.shape[:-2], 3, 3)
        for upper, lower in limbs:
            a, b = in_frame(part, directions[..., upper, :]), in_frame(part, directions[..., lower, :])
            told += [a, b, torch.cross(a, b, dim=-1), (a * b).sum(-1, keepdim=True)]
    return torch.cat(told, -1)


def disturbed(directions: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
    """Directions (B, 16, 3) with one limb's bone, and now and then more, turned by any angle about any axis."""
    batch, free = len(directions), torch.tensor(FREE)
    one = nn.functional.one_hot(free[torch.randint(len(free), (batch,), generator=rng)], BONES).bool()
    more = (torch.rand(batch, BONES, generator=rng) < DISTURBED_CHANCE) & nn.functional.one_hot(free, BONES).any(0)
    axis = torch.cross(directions, torch.randn(directions.shape, generator=rng), dim=-1)
    low, high = DISTURBED_RAD
    angle = low + (high - low) * torch.rand(batch, BONES, 1, generator=rng)
    return torch.where((one | more)[..., None], turned(directions, unit(axis), angle), directions)


def _network(first: int, last: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(first, WIDTH), nn.GELU(), nn.Linear(WIDTH, WIDTH), nn.GELU(), nn.Linear(WIDTH, last))


class PoseEmbedding(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.decoder = _network(3 * BONES, 2 * NUMBERS), _network(NUMBERS, 3 * BONES)
        self.critic = _network(3 * BONES + HINGED, 1)
        self.log_spread = nn.Parameter(torch.full((BONES,), math.log(0.15)))  # of a direction's error, radians
        self.register_buffer("surprises", torch.zeros(QUANTILES))             # of real poses; `calibrate` sets it

    def encode(self, directions: torch.Tensor) -> Code:
        mean, log_spread = self.encoder(directions.flatten(-2)).chunk(2, -1)
        return Code(mean, log_spread.clamp(-6, 2))

    def decode(self, code: torch.Tensor) -> torch.Tensor:
        """Directions (..., 16, 3) of codes (..., NUMBERS); N(0, 1) is how codes of people lie."""
        return unit(self.decoder(code).unflatten(-1, (BONES, 3)))

    def _misfit(self, found: torch.Tensor, true: torch.Tensor) -> torch.Tensor:
        """-log p of directions (...), each off by a normal angle in two directions."""
        spread = self.log_spread.clamp(min=math.log(0.02))
        return ((found - true).square().sum(-1) / (2 * (2 * spread).exp()) + 2 * spread).sum(-1)

    def loss(self, directions: torch.Tensor, rng: torch.Generator) -> Tuple[torch.Tensor, torch.Tensor]:
        """Misfit and divergence from N(0, 1), each a mean over poses (B, 16, 3)."""
        code = self.encode(directions)
        noise = torch.randn(code.mean.shape, generator=rng)
        found = self.decode(code.mean + code.log_spread.exp() * noise)
        away = (code.mean.square() + (2 * code.log_spread).exp() - 1) / 2 - code.log_spread
        return self._misfit(found, directions).mean(), away.sum(-1).mean()

    def odds(self, directions: torch.Tensor) -> torch.Tensor:
        """What the critic thinks of directions (..., 16, 3), (...)."""
        return self.critic(torch.cat([directions.flatten(-2), hinged(directions)], -1))[..., 0]

    def critic_loss(self, directions: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
        """Tells real poses (B, 16, 3) from the same with some bones turned at random: in the end the logarithm of how
        much likelier a pose is among people than among those (noise-contrastive estimation, Gutmann and Hyvarinen 2010)."""
        odd = disturbed(directions, rng)
        real, wrong = (self.odds(d) for d in (directions, odd))
        return (nn.functional.softplus(-real) + nn.functional.softplus(wrong)).mean()

    def surprise(self, x: torch.Tensor) -> torch.Tensor:
        """How unlike people poses (..., 17, 3) are: what the embedding cannot say of them, how far out they lie, and what
        the critic thinks of them."""
        directions = directions_of(x)
        code = self.encode(directions).mean
        odds = self.odds(directions).clamp(-MOST_ODDS, MOST_ODDS)
        return self._misfit(self.decode(code), directions) + code.square().sum(-1) / 2 - CRITIC * odds

    @torch.no_grad()
    def calibrate(self, x: torch.Tensor) -> None:
        """Takes poses (N, 17, 3) for what people do."""
        self.surprises.copy_(self.surprise(x).quantile(torch.linspace(0, 1, QUANTILES)))

    @torch.no_grad()
    def plausibility(self, x: torch.Tensor) -> torch.Tensor:
        """The share of real poses that are more surprising than these (...), 0 to 1."""
        rank = torch.searchsorted(self.surprises, self.surprise(x).contiguous())
        return 1 - rank.to(x.dtype) / QUANTILES

    def nearest(self, x: torch.Tensor) -> torch.Tensor:
        """The pose that the embedding has for each (..., 17, 3): the same bones, heading and pelvis."""
        return with_directions(self.decode(self.encode(directions_of(x)).mean), x)
