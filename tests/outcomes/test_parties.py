"""Who is who in a comparison: storefronts in question, entrant, hosts, their groups, rivals."""

from __future__ import annotations

from sim.outcomes.parties import (
    HOST,
    HOST_GROUP,
    PLATFORMS,
    RIVALS,
    SITE,
    STORE,
    brands_at,
    channels_at,
    concerned,
    entrant,
    goods_of_hosts,
    group_of,
    groups,
    hosted,
    hosts,
    in_question,
    other_channels,
    parties,
    party_of_channel,
    rivals,
    role_of_channel,
    upper_tiers,
)
from sim.scenario import load
from tests.markets import AUTUMN, CLOSED, SCENARIOS

SETS = [*AUTUMN, *CLOSED]
POPUP_FILE, SHOP = SCENARIOS / "popup_on_pinduoduo_2019.yaml", "amazon_on_pinduoduo"
STAY = load(SCENARIOS / "stay_out.yaml", sets=SETS).scenario
POPUP = load(POPUP_FILE, sets=SETS).scenario
EXIT = load(SCENARIOS / "exit_by_threshold_2019.yaml").scenario
STAYS = load(SCENARIOS / "marketplace_stays_2019.yaml").scenario
NEVER = load(SCENARIOS / "never_entered.yaml").scenario


def test_storefronts_in_question() -> None:
    """A new shop; other terms; a policy; nothing but a platform."""
    dearer = load(POPUP_FILE, sets=[*SETS, f"storefronts.{SHOP}.contract.commission=0.09"]).scenario
    act = "{on: 2019-12-02, do: change, price: 0.9}"
    rule = f"policies={{p: {{brand: amazon, rule: calendar, storefront: amazon_global, acts: {{a: {act}}}}}}}"
    decides = load(POPUP_FILE, sets=[*SETS, rule]).scenario
    trusted = load(POPUP_FILE, sets=[*SETS, "platforms.jd.trust=0.5"]).scenario
    assert concerned(STAY, POPUP) == [SHOP]
    assert concerned(POPUP, STAY) == [SHOP]
    assert concerned(POPUP, dearer) == [SHOP]
    assert concerned(POPUP, decides) == ["amazon_global"]
    assert concerned(POPUP, trusted) == [SHOP]
    assert hosted(STAY, POPUP) == {"amazon": [SHOP]}
    assert hosted(POPUP, decides) == {}
    assert other_channels(STAY, POPUP, "amazon") == ["amazon_global"]
    assert other_channels(POPUP, decides, "amazon") == ["amazon_global", SHOP]


def test_hosts_rivals_and_groups() -> None:
    moved_to = [f"storefronts.{SHOP}.host=kaola", f"storefronts.{SHOP}.price.imported.team_discount=0"]
    on_kaola = load(POPUP_FILE, sets=[*SETS, *moved_to]).scenario
    assert hosts(STAY, POPUP) == ["pinduoduo"]
    assert rivals(STAY, POPUP) == ["alibaba", "jd", "kaola", "others"]
    assert rivals(STAY, on_kaola) == ["jd", "pinduoduo", "others"], "Kaola's owner is none"
    assert rivals(STAY, STAY) == []
    assert group_of(STAY, "kaola") == "alibaba"
    assert groups(STAY)["alibaba"] == ["alibaba", "kaola"]


def test_upper_tiers_are_those_above_the_mean_income_of_shoppers() -> None:
    """Mean by hand: (54 x 66 + 112 x 46 + 102 x 42 + 153 x 36 + 128 x 31 + 90 x 27) / 639 = 39.0 thousand."""
    assert upper_tiers(STAY) == ["T1", "T1new", "T2"]
    rich = load(SCENARIOS / "stay_out.yaml", sets=[*SETS, "tiers.T1.income=500_000"]).scenario
    assert upper_tiers(rich) == ["T1"]
    rural = load(SCENARIOS / "stay_out.yaml", sets=[*SETS, "tiers.T5.shoppers=100_000"]).scenario
    assert upper_tiers(rural) == ["T1", "T1new", "T2", "T3", "T4"], "most people live in the poorest tier"


def test_own_sites_are_in_question_where_no_storefront_is_hosted() -> None:
    """A policy that closes an own site concerns it, though it stands on no platform."""
    assert hosted(STAYS, EXIT) == {}
    assert in_question(STAYS, EXIT) == {"amazon": ["amazon_marketplace"]}
    assert in_question(STAY, POPUP) == hosted(STAY, POPUP) == {"amazon": [SHOP]}


def test_the_entrant_owns_what_is_in_question() -> None:
    assert entrant(STAY, [POPUP]) == entrant(STAY, [STAY, POPUP]) == entrant(STAYS, [EXIT]) == "amazon"
    assert entrant(STAY, [STAY]) == "amazon", "the first brand, if nothing is in question"
    assert entrant(NEVER, [NEVER]) is None


def test_everybody_has_one_role() -> None:
    """Kaola belongs to Alibaba, so it is no rival of a storefront on Tmall; and the other way round."""
    tmall = load(SCENARIOS / "popup_on_tmall_2019.yaml").scenario
    stay = load(SCENARIOS / "stay_out.yaml").scenario
    who = parties(stay, tmall)
    assert (who.entrant, who.storefronts, who.hosts) == ("amazon", ("amazon_on_tmall",), ("alibaba",))
    assert (who.group, who.rivals) == (("kaola",), ("jd", "pinduoduo", "others"))
    assert who.other_brands == ()
    roles = role_of_channel(stay, tmall)
    assert roles["amazon_on_tmall"] == STORE
    assert roles["amazon_global"] == SITE
    assert (roles["alibaba"], roles["kaola"], roles["jd"]) == (HOST, HOST_GROUP, RIVALS)


def test_without_a_host_platforms_are_no_rivals() -> None:
    who = parties(STAYS, EXIT)
    assert (who.storefronts, who.hosts, who.group, who.rivals) == (("amazon_marketplace",), (), (), ())
    assert {role_of_channel(STAYS, EXIT)[name] for name in EXIT.platforms} == {PLATFORMS}
    assert parties(NEVER, NEVER).entrant is None


def test_whose_channels_are() -> None:
    found = party_of_channel(STAY, POPUP)
    assert found["brand"] == {"amazon_global": "amazon", SHOP: "amazon"}
    assert found["host"] == {name: name for name in STAY.platforms} | {SHOP: "pinduoduo"}
    assert found["channel"][SHOP] == SHOP
    assert channels_at(STAY, POPUP, "pinduoduo") == ["pinduoduo", SHOP]
    assert (brands_at(STAY, POPUP, "pinduoduo"), brands_at(STAY, POPUP, "jd")) == (["amazon"], [])


def test_goods_of_the_hosts() -> None:
    assert goods_of_hosts(STAY, POPUP) == {"pinduoduo": ["imported"]}
    assert goods_of_hosts(STAY, STAY) == {}
