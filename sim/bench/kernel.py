"""The choice kernel alone: two small markets, utilities given, draws and block structure as in the model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim import draws
from sim.consumers.chances import channel_chance, inclusive_values
from sim.consumers.choice import Channels, ShockKeys, choose
from sim.consumers.nests import stable_polynomial
from sim.consumers.scratch import Scratch, make_scratch
from sim.kernel import kernel
from sim.numeric import NEVER

f4 = np.float32
F4 = npt.NDArray[np.float32]
I4 = npt.NDArray[np.int32]
U4 = npt.NDArray[np.uint32]

BLOCK = 512
"""Persons of a block, here and in choice.c."""
SEED = 8
UTILITY = (1.2, 0.6, 0.4, -0.5, -0.2, -0.1)


class Case(NamedTuple):
    """A market of six channels beside buying nothing: nest of the host and of the brand, or -1.

    The weight lies on the host's nest, the rest on the brand's.
    """

    host: tuple[int, ...]
    seller: tuple[int, ...]
    weight: tuple[float, ...]
    similarity: tuple[float, ...]


PLAIN = Case((0, 1, 2, 3, 4, 5), (-1,) * 6, (1.0,) * 6, (1.0,) * 6)
"""Plain logit: every channel alone in its nest."""
NESTED = Case(
    (0, 1, 2, -1, 0, 2), (-1, -1, -1, 3, 3, 3), (1.0, 1.0, 1.0, 0.0, 0.5, 0.5), (0.6, 0.6, 0.6, 0.5)
)
"""Three hosts; a brand with its own site and storefronts on the first and the third host."""
CASES = {"plain": PLAIN, "nested": NESTED}


def tables(case: Case) -> Channels:
    """Tables of the kernel; what only utilities read is zero."""
    a = len(case.host)
    weight, days, each = np.array(case.weight), np.zeros((a, 7), f4), np.zeros(a, f4)
    with np.errstate(divide="ignore"):
        log_host, log_brand = (np.maximum(np.log(w), float(NEVER)).astype(f4) for w in (weight, 1.0 - weight))
    return Channels(
        base=np.zeros((1, a, 7), f4), pull=days, price=days, quantity=days, delivery=np.zeros((a, 1), f4),
        known=np.zeros(a, np.uint64), host=np.array(case.host, np.int32),
        seller=np.array(case.seller, np.int32), foreign=each, large=each, host_taste=each,
        host_trust=each, brand_trust=each, reference_trust=f4(0.0), log_host=log_host, log_brand=log_brand,
        team=np.zeros(a, bool), worth=days, hassle=each, similarity=np.array(case.similarity, f4),
        polynomial=np.stack([stable_polynomial(lam) for lam in case.similarity]),
        used=np.isin(np.arange(len(case.similarity)), [*case.host, *case.seller]),
    )  # fmt: skip


@dataclass(frozen=True)
class Task:
    """What is computed: everybody chooses once.

    Attributes:
        channels: tables of the market.
        keys: keys of its draws.
        person: addresses of the consumers, shape (people,).
        utility: utilities of a block, shape (channels, BLOCK), the same in all blocks.
        outside: utility of buying nothing, shape (BLOCK,).
    """

    channels: Channels
    keys: ShockKeys
    person: U4
    utility: F4
    outside: F4

    @property
    def people(self) -> int:
        """How many choose."""
        return len(self.person)


def make_task(case: Case, people: int) -> Task:
    """A task for so many people; utilities differ from person to person."""
    names, places = ([str(k) for k in range(len(part))] for part in (case.host, case.similarity))
    keys = ShockKeys(
        draws.stream_keys(SEED, "shock", names=names), draws.stream_keys(SEED, "nest", names=places),
        draws.stream_key(SEED, "nothing"),
    )  # fmt: skip
    taste = np.random.default_rng(SEED).normal(0.0, 0.5, (len(UTILITY) + 1, BLOCK))
    utility = (np.array(UTILITY)[:, None] + taste[1:]).astype(f4)
    return Task(tables(case), keys, addresses(people), utility, taste[0].astype(f4))


@kernel
def addresses(people: int) -> U4:
    """Addresses of consumers 0, 1, 2, ... in the draws."""
    person = np.empty(people, np.uint32)
    for k in range(people):
        person[k] = draws.person_hash(k)
    return person


@kernel
def choose_all(ch: Channels, keys: ShockKeys, person: U4, block: int, s: Scratch, choice: I4) -> None:
    """The choices of all people, block by block; utilities lie in the scratch rows."""
    for first in range(0, person.shape[0], block):
        n = min(block, person.shape[0] - first)
        s.person[:n] = person[first : first + n]
        choose(ch, keys, n, s)
        choice[first : first + n] = s.choice[:n]


@kernel
def expect_all(ch: Channels, people: int, block: int, s: Scratch, chance: F4) -> None:
    """The choice probabilities of all people, shape (channels, people)."""
    for first in range(0, people, block):
        n = min(block, people - first)
        inclusive_values(ch, n, s)
        for j in range(ch.host.shape[0]):
            channel_chance(ch, j, n, s)
            chance[j, first : first + n] = s.chance[:n]


class KernelChoice:
    """The kernel of the model at a task; `choose` and `expect` fill `choice` and `chance`."""

    def __init__(self, task: Task) -> None:
        a = len(task.channels.host)
        self.task = task
        self.choice = np.zeros(task.people, np.int32)
        self.chance = np.zeros((a, task.people), f4)
        self.scratch = make_scratch(BLOCK, a, len(task.channels.similarity))
        self.scratch.utility[:, :BLOCK] = task.utility
        self.scratch.outside[:BLOCK] = task.outside

    def choose(self) -> None:
        """Realised choices."""
        choose_all(self.task.channels, self.task.keys, self.task.person, BLOCK, self.scratch, self.choice)

    def expect(self) -> None:
        """Choice probabilities."""
        expect_all(self.task.channels, self.task.people, BLOCK, self.scratch, self.chance)
