"""Who owes what when a storefront sells: terms between owner and host, costs, tax."""

from __future__ import annotations

from sim.ledger import CARRIERS, CONSUMERS, ELSEWHERE, PAYMENT, SERVICES, STATE, SUPPLIERS, Ledger
from sim.scenario.schema import Contract, Costs, Marketplace, Storefront
from sim.trade import ChannelSales

WEEKS_PER_YEAR = 52.0


def tax_share(import_tax: float) -> float:
    """Share of a tax-inclusive price that is tax, t / (1 + t)."""
    return import_tax / (1.0 + import_tax)


class Terms:
    """Settlement of one storefront or own site.

    Args:
        store: the storefront as written in the scenario.
        taxes: import tax by category.
        service_cost: what an order costs the host, in money.
        name: its key in the scenario.
        return_elsewhere: what its capital would earn elsewhere, per year.
    """

    def __init__(
        self, store: Storefront, taxes: dict[str, float], service_cost: float = 0.0, *,
        name: str = "", return_elsewhere: float = 0.0,
    ) -> None:  # fmt: skip
        self.name = name
        self.return_elsewhere = return_elsewhere
        self.marketplace = store.marketplace
        self.owner = store.owner
        self.host = store.host
        self.contract: Contract = store.contract
        self.costs: Costs = store.costs
        self.taxes = taxes
        self.service_cost = service_cost
        self.commission = store.contract.commission
        """Share of GMV for the host; a policy may agree on another one than the scenario's."""
        self.commission_paid = 0.0
        self.deposit_held = 0.0

    @property
    def retailer(self) -> str:
        """Who sells to consumers: merchants, or the owner, or the host under wholesale."""
        if self.marketplace is not None:
            return f"merchants on {self.name}"
        if self.contract.mode == "wholesale" and self.host is not None:
            return self.host
        return self.owner

    def settle(self, ledger: Ledger, week: int, sold: ChannelSales) -> None:
        """Book a week's sales of one category."""
        self._retail(ledger, week, sold)
        if self.host is not None:
            self._between(ledger, week, sold, self.host)

    def _retail(self, ledger: Ledger, week: int, sold: ChannelSales) -> None:
        """Sales, and the costs of whoever sells; the owner pays for the goods unless merchants do."""
        seller, costs = self.retailer, self.costs
        if self.marketplace is not None:
            self._fees(ledger, week, sold, seller, self.marketplace)
            return
        ledger.post(week, CONSUMERS, seller, "sales", sold.gmv)
        ledger.post(week, seller, STATE, "import tax", tax_share(self.taxes[sold.offer.category]) * sold.gmv)
        ledger.post(week, seller, PAYMENT, "payment fee", costs.payment_fee * sold.gmv)
        ledger.post(week, seller, CARRIERS, "shipping", costs.shipping * sold.value)
        ledger.post(week, seller, SERVICES, "returns", costs.returns * sold.value)
        ledger.post(week, self.owner, SUPPLIERS, "goods", costs.goods * sold.value)

    def _fees(self, ledger: Ledger, week: int, sold: ChannelSales, seller: str, market: Marketplace) -> None:
        """An own site of merchants: they sell and pay for goods; the owner earns fees and ships."""
        costs, tax = self.costs, tax_share(self.taxes[sold.offer.category])
        ledger.post(week, CONSUMERS, seller, "sales", sold.gmv)
        ledger.post(week, seller, STATE, "import tax", tax * sold.gmv)
        ledger.post(week, seller, self.owner, "commission and advertising", market.take_rate * sold.gmv)
        ledger.post(week, seller, SUPPLIERS, "goods", (1.0 - market.merchant_margin) * sold.value)
        ledger.post(week, self.owner, PAYMENT, "payment fee", costs.payment_fee * sold.gmv)
        ledger.post(week, self.owner, CARRIERS, "shipping", costs.shipping * sold.value)
        ledger.post(week, self.owner, SERVICES, "returns", costs.returns * sold.value)

    def _between(self, ledger: Ledger, week: int, sold: ChannelSales, host: str) -> None:
        """The host's service, and commission and discount support (agency) or the wholesale price."""
        ledger.post(week, host, SERVICES, "service", self.service_cost * sold.orders)
        if self.contract.mode == "wholesale":
            ledger.post(week, host, self.owner, "wholesale", self.contract.wholesale_price * sold.value)
            return
        commission = self.commission * sold.gmv
        self.commission_paid += float(commission.sum())
        ledger.post(week, self.owner, host, "commission", commission)
        support = self.contract.discounts_paid_by_host * sold.discount
        ledger.post(week, host, self.owner, "discount support", support)

    def while_open(self, ledger: Ledger, week: int) -> None:
        """Running cost, what tied capital would earn elsewhere, and the week's part of the annual fee."""
        ledger.post(week, self.owner, SERVICES, "running cost", self.costs.fixed)
        forgone = self.costs.capital * self.return_elsewhere / WEEKS_PER_YEAR
        ledger.post(week, self.owner, ELSEWHERE, "return forgone elsewhere", forgone)
        if self.host is not None:
            ledger.post(week, self.owner, self.host, "annual fee", self.contract.annual_fee / WEEKS_PER_YEAR)

    def at_opening(self, ledger: Ledger, week: int) -> None:
        """Set-up cost and deposit."""
        ledger.post(week, self.owner, SERVICES, "set-up", self.costs.setup)
        if self.host is not None:
            ledger.post(week, self.owner, self.host, "deposit", self.contract.deposit)
            self.deposit_held = self.contract.deposit

    def at_closing(self, ledger: Ledger, week: int) -> None:
        """Exit cost, the deposit back, and what is missing to the guarantee."""
        ledger.post(week, self.owner, SERVICES, "exit", self.costs.exit)
        if self.host is not None:
            ledger.post(week, self.host, self.owner, "deposit", self.deposit_held)
            missing = max(0.0, self.contract.guarantee - self.commission_paid)
            ledger.post(week, self.owner, self.host, "guarantee", missing)
            self.deposit_held = self.commission_paid = 0.0

    def state(self) -> dict[str, float]:
        """Everything that changes."""
        return {"paid": self.commission_paid, "deposit": self.deposit_held}

    def restore(self, state: dict[str, float]) -> None:
        """Go back to a state."""
        self.commission_paid, self.deposit_held = state["paid"], state["deposit"]
