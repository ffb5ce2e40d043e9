"""Where a storefront's sales come from, read from the table of flows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from sim.outcomes.parties import BRANDS, HOST, HOST_GROUP, PLATFORMS, RIVALS, SITE

NOTHING_ONLINE = "nothing online"
SOURCES: Mapping[str, str] = {
    SITE: "entrant's own site",
    HOST: "host's own merchants",
    HOST_GROUP: "host's group",
    RIVALS: "rival platforms",
    PLATFORMS: "platforms",
    BRANDS: "other brands",
}
"""Groups of channels in words, by the role of the channel."""


def changed(flows: pd.DataFrame) -> pd.DataFrame:
    """Only the needs that ended elsewhere."""
    return flows[flows.origin != flows.destination]


def source_of_volume(
    flows: pd.DataFrame, storefronts: Sequence[str], roles: Mapping[str, str]
) -> pd.DataFrame:
    """Where the sales of some storefronts come from: share of each yuan by what was chosen in the baseline.

    Args:
        flows: table of `sim.outcomes.flows.FlowRecorder` (may hold several replications).
        storefronts: the channels whose sales are explained.
        roles: what each channel is to their owner, as `sim.outcomes.parties.role_of_channel` gives it.

    Returns:
        Columns origin, group (words), paid_after, share.
    """
    hosted = flows[flows.destination.isin(storefronts)]
    paid = hosted.groupby("origin").paid_after.sum().sort_values(ascending=False)
    table = pd.DataFrame({"origin": paid.index, "paid_after": paid.to_numpy()})
    table["group"] = [_group(name, roles) for name in table.origin]
    table["share"] = table.paid_after / max(table.paid_after.sum(), 1e-300)
    return table


def _group(origin: str, roles: Mapping[str, str]) -> str:
    return "not bought online" if origin == NOTHING_ONLINE else SOURCES[roles[origin]]
