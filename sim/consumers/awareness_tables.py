"""From brands, platforms and storefronts to the arrays that the awareness kernels read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

from sim import draws
from sim.consumers import steady
from sim.consumers.awareness import Links, Spread
from sim.consumers.noticing import Exposure
from sim.consumers.population import SEEN_BIT, Layout
from sim.scenario.schema import Awareness, Scenario, Storefront

U8 = npt.NDArray[np.uint64]
F4 = npt.NDArray[np.float32]


def _bits(values: Iterable[int]) -> U8:
    return np.array(list(values), np.uint64)


def _chances(values: Iterable[float]) -> F4:
    return np.array(list(values), np.float32)


def _fresh(awareness: Awareness) -> float:
    """Weekly chance of forgetting what a storefront has taught."""
    return awareness.forgetting if awareness.fresh_forgetting is None else awareness.fresh_forgetting


class AwarenessTables:
    """Builds the week's `Exposure`, `Spread` and `Links`.

    Args:
        scenario: the market.
        layout: names behind the bits.
        seed: shock seed.

    Raises:
        ValueError: if the base awareness of a brand cannot be steady.
    """

    def __init__(self, scenario: Scenario, layout: Layout, seed: int) -> None:
        self.scenario = scenario
        self.layout = layout
        self.seed = seed
        self.steady = {name: steady.solve(brand.awareness) for name, brand in scenario.brands.items()}

    def _key(self, week: int, *names: str) -> int:
        return int(draws.at_week(draws.stream_key(self.seed, *names), week))

    def exposure(self, week: int, rates: Mapping[str, float]) -> Exposure:
        """Storefronts that can be noticed; `rates` are their exposures times the share of days open.

        A visit shows a storefront with chance 1 - exp(-rate x boost).
        """
        shown = [
            (name, store, str(store.host), rates[name])
            for name, store in self.scenario.storefronts.items()
            if rates.get(name, 0.0) > 0.0
        ]
        layout, platforms = self.layout, self.scenario.platforms
        return Exposure(
            host=_bits(layout.bit(platform=host) for _, _, host, _ in shown),
            brand=_bits(layout.bit(brand=store.owner) for _, store, _, _ in shown),
            channel=_bits(layout.bit(channel=name) for name, _, _, _ in shown),
            browsing=_chances(platforms[host].browsing for _, _, host, _ in shown),
            chance_new=_chances(1.0 - np.exp(-rate) for _, _, _, rate in shown),
            chance_known=_chances(
                1.0 - np.exp(-rate * (1.0 + s.known_brand_boost)) for _, s, _, rate in shown
            ),
            browse_keys=_bits(self._key(week, "browse", host) for _, _, host, _ in shown),
            see_keys=_bits(self._key(week, "see", name) for name, _, _, _ in shown),
            owner=self._rows(store.owner for _, store, _, _ in shown),
            learning=_chances(self._awareness(store).learning_by_seeing for _, store, _, _ in shown),
        )

    def spread(self, week: int, advertising: Mapping[str, float], everyone: Mapping[str, float]) -> Spread:
        """Brands, and platforms whose access spreads.

        Args:
            week: current week.
            advertising: weekly hazard from advertising by brand and platform.
            everyone: share of all people who know the firm (read if everyone is a contact).
        """
        layout, brands = self.layout, self.scenario.brands
        access = {
            n: p.access
            for n, p in self.scenario.platforms.items()
            if p.access.hazard or p.access.word_of_mouth or p.access.advertising.effect
        }
        names = [*brands, *access]
        own = _bits([*(layout.bit(brand=n) for n in brands), *(layout.bit(platform=n) for n in access)])
        base = [self.steady[n].hazard + advertising.get(n, 0.0) for n in brands]
        talk = [brand.awareness.word_of_mouth for brand in brands.values()]
        return Spread(
            mask=own,
            protect=own,
            seen=_bits([*(self._seen(n) for n in brands), *(0 for _ in access)]),
            hazard=_chances([*base, *(a.hazard + advertising.get(n, 0.0) for n, a in access.items())]),
            word_of_mouth=_chances([*talk, *(a.word_of_mouth for a in access.values())]),
            forgetting=_chances([*(b.awareness.forgetting for b in brands.values()), *(0.0 for _ in access)]),
            fresh_forgetting=_chances(
                [*(_fresh(brand.awareness) for brand in brands.values()), *(0.0 for _ in access)]
            ),
            brand=np.array([*range(len(brands)), *(-1 for _ in access)], np.int32),
            everyone=np.array([everyone.get(n, 0.0) for n in names], np.float64),
            hit_keys=_bits(self._key(week, "hit", n) for n in names),
            forget_keys=_bits(self._key(week, "forget", n) for n in names),
        )

    def _seen(self, brand: str) -> int:
        """Seen-bits of the brand's channels."""
        stores = self.scenario.storefronts
        return sum(
            1 << (SEEN_BIT + z) for z, name in enumerate(self.layout.channels) if stores[name].owner == brand
        )

    def links(self, week: int) -> Links:
        """Own sites and storefronts first, then the data clauses, so that a link is not forgotten at once."""
        layout, stores = self.layout, self.scenario.storefronts
        clauses = self._data_clauses()
        own = [layout.bit(channel=name) for name in stores]
        sites = [layout.bit(channel=site) for _, site in clauses]
        none = [0] * len(clauses)
        return Links(
            mask=_bits([*own, *sites]),
            protect=_bits([*own, *sites]),
            brand=_bits([*(layout.bit(brand=store.owner) for store in stores.values()), *none]),
            discovery=_chances([*(self._discovery(store) for store in stores.values()), *none]),
            forgetting=_chances([*(self._forgetting(store) for store in stores.values()), *none]),
            source=_bits([*(0 for _ in stores), *(layout.bit(channel=shop) for shop, _ in clauses)]),
            link=_chances(
                [*(0.0 for _ in stores), *(stores[shop].contract.site_link for shop, _ in clauses)]
            ),
            owner=self._rows([*(s.owner for s in stores.values()), *(stores[x].owner for _, x in clauses)]),
            owns=_bits([*(layout.bit(brand=store.owner) for store in stores.values()), *none]),
            teaching=_chances([*(self._teaching(store) for store in stores.values()), *none]),
            teach_keys=_bits([*(self._key(week, "buy", n) for n in stores), *none]),
            find_keys=_bits(
                [
                    *(self._key(week, "find", n) for n in stores),
                    *(self._key(week, "link", *pair) for pair in clauses),
                ]
            ),
            forget_keys=_bits([*(self._key(week, "forget channel", n) for n in stores), *none]),
        )

    def _discovery(self, store: Storefront) -> float:
        return self.steady[store.owner].discovery if store.host is None else 0.0

    def _forgetting(self, store: Storefront) -> float:
        return self._awareness(store).channel_forgetting

    def _teaching(self, store: Storefront) -> float:
        """Chance that a purchase makes the brand known; who finds an own site knows it."""
        return self._awareness(store).learning_by_buying if store.host is not None else 0.0

    def _awareness(self, store: Storefront) -> Awareness:
        return self.scenario.brands[store.owner].awareness

    def _rows(self, brands: Iterable[str]) -> npt.NDArray[np.int32]:
        """Rows of brands in the columns."""
        return np.array([self.layout.brands.index(brand) for brand in brands], np.int32)

    def _data_clauses(self) -> list[tuple[str, str]]:
        """Pairs of a storefront with a data clause and an own site of the brand that sells such goods too."""
        stores = self.scenario.storefronts
        shops = {n: s for n, s in stores.items() if s.host is not None and s.contract.site_link > 0.0}
        sites = {n: s for n, s in stores.items() if s.host is None}
        return [
            (shop, site)
            for shop, s in shops.items()
            for site, t in sites.items()
            if s.owner == t.owner and set(s.goods) & set(t.goods)
        ]
