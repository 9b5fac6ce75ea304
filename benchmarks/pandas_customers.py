"""Customers in pandas: ABC, classes, compositions, performance, RFM, grade, potential. Of one period; amounts in integers of 1/10,000."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

_LEVELS = {"A": 3, "B": 2, "C": 1, "N": 0}
_DIMENSIONS = ("nature", "stage", "seniority", "volume_class", "region", "industry", "salesperson", "tier")  # fmt: skip
_DAYS = pd.Timedelta(days=365)


def ratio(over: pd.Series, under: pd.Series) -> pd.Series:
    """A division that gives nothing where it divides by nothing."""
    return over / under.where(under != 0)


def abc(sales: pd.Series) -> pd.DataFrame:
    """Place, sums down to each and above it, and tier; equal sales share all of them."""
    by_value = sales.clip(lower=0).groupby(sales).sum().sort_index(ascending=False)
    upto, total = by_value.cumsum(), by_value.sum()
    above = sales.map(upto - by_value)
    tier = np.select(
        [sales <= 0, 100 * above < 75 * total, 100 * above < 95 * total], ["N", "A", "B"], "C"
    )
    place = sales.rank(method="min", ascending=False).astype("int64")
    return pd.DataFrame({"tier": tier, "place": place, "upto": sales.map(upto), "total": total}, index=sales.index)  # fmt: skip


def moves(now: pd.DataFrame, before: pd.DataFrame | None) -> pd.DataFrame:
    """The customers' tiers, shares and ranks, and how they moved since the month before."""
    before = now.iloc[:0] if before is None else before
    gone = before.index[(before["tier"] != "N") & ~before.index.isin(now.index)]
    index = now.index.append(gone)
    here, old = now.reindex(index), before.reindex(index)
    sales, tier = here["sales"].fillna(0).astype("int64"), here["tier"].fillna("N")
    positive = sales > 0
    level, level_before = tier.map(_LEVELS), old["tier"].map(_LEVELS).fillna(0)
    movement = np.select(
        [level == level_before, level_before == 0, level == 0, level > level_before],
        ["stay", "enter", "exit", "up"],
        "down",
    )
    cuts = _cuts(now)
    upward = tier.map({"B": cuts["A"], "C": cuts["B"] if cuts["B"] < np.inf else cuts["A"]})
    return pd.DataFrame({
        "customer_id": index,
        "sales_amount": sales,
        "tier": tier,
        "previous_tier": old["tier"],
        "rank": here["place"].where(positive).astype("Int64"),
        "sales_share": ratio(sales, here["total"]).where(positive),
        "cumulative_share": ratio(here["upto"], here["total"]).where(positive),
        "to_next_tier_amount": (upward - sales).astype("Int64"),
        "movement": movement,
        "movement_cause": _cause(movement, sales, old, cuts, _cuts(before)),
    })  # fmt: skip


def _cuts(ranked: pd.DataFrame) -> dict[str, float]:
    """The lowest sales of A and B; none is out of reach."""
    lowest = ranked.groupby("tier")["sales"].min()
    return {tier: lowest.get(tier, np.inf) for tier in ("A", "B")}


def _by_cuts(sales: pd.Series, cuts: dict[str, float]) -> np.ndarray:
    return np.select([sales >= cuts["A"], sales >= cuts["B"], sales > 0], ["A", "B", "C"], "N")


def _cause(
    movement: np.ndarray, sales: pd.Series, old: pd.DataFrame, now: dict[str, float], before: dict[str, float]
) -> np.ndarray:  # fmt: skip
    own = _by_cuts(sales, before) != old["tier"]
    threshold = _by_cuts(old["sales"], now) != old["tier"]
    told = np.select([own == threshold, own], ["both", "own_sales"], "threshold")
    return np.where(np.isin(movement, ["up", "down"]), told, None)


def concentration(now: pd.DataFrame) -> pd.DataFrame:
    """The shares of the largest customers."""
    sales, positive = now["sales"], now["sales"].clip(lower=0)
    total = positive.sum()
    shares = {f"cr{k}": sales.nlargest(k).sum() / total for k in (1, 5, 10)}
    return pd.DataFrame([{
        "customer_count": len(now),
        "sales_amount": sales.sum(),
        "key_account_share": sales[now["tier"] == "A"].sum() / sales.sum(),
        "hhi": ((positive / total) ** 2).sum(),
        **shares,
    }])  # fmt: skip


class Classes(NamedTuple):
    """What is known of each customer at an as-of date."""

    frame: pd.DataFrame
    told: pd.DataFrame

    def compositions(self, now: pd.DataFrame) -> dict[str, pd.DataFrame]:
        """How the sales of a period are made up, by class and by customer."""
        frame = self.frame.join(now[["sales", "tier"]])
        sold = frame["sales"].notna()
        frame["tier"], frame["sales"] = frame["tier"].fillna("N"), frame["sales"].fillna(0).astype("int64")  # fmt: skip
        frame["key"] = frame["sales"].where(frame["tier"] == "A", 0)
        company = now["sales"].sum()
        mine = pd.DataFrame({"customer_id": frame.index, "sales_amount": frame["sales"], "share_in_company": frame["sales"] / company})  # fmt: skip
        sums = []
        for name in _DIMENSIONS:
            groups = frame.groupby(name)
            made = groups.agg(customer_count=("sales", "size"), sales_amount=("sales", "sum"), key_account_amount=("key", "sum"))  # fmt: skip
            sums.append(made.rename_axis("class").reset_index().assign(dimension=name))
            whole = frame[name].map(made["sales_amount"])
            mine[f"share_in_{name}"] = (frame["sales"] / whole).where(whole > 0)
        by_class = pd.concat(sums, ignore_index=True)
        by_class["sales_share"] = by_class["sales_amount"] / company
        positive = by_class["sales_amount"] > 0
        by_class["key_account_share"] = (by_class["key_account_amount"] / by_class["sales_amount"]).where(positive)  # fmt: skip
        return {"rpt_class_composition": by_class, "rpt_customer_composition": mine[sold]}


def classes(
    customers: pd.DataFrame, until: pd.DataFrame, year: pd.DataFrame, as_of: pd.Timestamp
) -> Classes:
    """Stage, seniority and volume of each customer that has a line until now."""
    groups = until.groupby("customer_id", observed=True)
    frame = groups.agg(first_on=("first_on", "min"), last_on=("last_on", "max"))
    frame = frame.join(customers.set_index("customer_id")).join(year[["tier", "active_months"]])
    never, since = frame["last_on"].isna(), as_of - _DAYS
    tier, lead = frame["tier"].fillna("N"), frame["market_position"] == "leader"
    frame["stage"] = np.select(
        [never, frame["last_on"] > since], ["prospective", "current"], "past"
    )
    frame["seniority"] = np.select([never, frame["first_on"] > since], ["future", "new"], "old")
    major = (tier == "A") | ((tier == "B") & lead)
    sporadic = (tier == "N") | ((tier == "C") & (frame["active_months"] <= 3))
    frame["volume_class"] = np.select([major, sporadic], ["major", "sporadic"], "general")
    names = ["nature", "stage", "seniority", "volume_class", "first_on", "last_on"]
    told = frame[names].rename(columns={"first_on": "first_sold_on", "last_on": "last_sold_on"})
    frame = frame.drop(columns="tier").rename(columns={"salesperson_id": "salesperson"})
    return Classes(frame, told.reset_index())


def performance(now: pd.DataFrame, year_before: pd.DataFrame | None) -> pd.DataFrame:
    """What each customer bought, earned and gained on the year before."""
    before = now.iloc[:0] if year_before is None else year_before
    index = now.index.union(before.index)
    names = ["order_count", "quantity", "sales", "cost", "uncosted"]
    here = now[names].reindex(index, fill_value=0)
    prior = before["sales"].reindex(index, fill_value=0)
    profit, costed = here["sales"] - here["cost"], here["uncosted"] == 0
    return pd.DataFrame({
        "customer_id": index,
        "order_count": here["order_count"],
        "quantity": here["quantity"],
        "sales_amount": here["sales"],
        "gross_profit_amount": profit.astype("Int64").where(costed),
        "gross_margin_rate": (profit / here["sales"]).where(costed & (here["sales"] > 0)),
        "share_of_company": here["sales"] / now["sales"].sum(),
        "prior_year_amount": prior,
        "growth_rate": ((here["sales"] - prior) / prior).where(prior > 0),
    })  # fmt: skip


def rfm(year: pd.DataFrame, known: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Recency, frequency, money: a fifth of the customers to each score."""
    frame = year[year["sales"] > 0].join(known["seniority"])
    r, f, m = (_fifth(frame[name]) for name in ("last_on", "positive_orders", "sales"))
    segment = np.select(
        [(r >= 4) & (f >= 4) & (m >= 4), f >= 4, (r >= 4) & (frame["seniority"] == "new"), (r <= 2) & (f >= 3), r == 1],
        ["champion", "loyal", "new", "at_risk", "lost"],
        "regular",
    )  # fmt: skip
    return pd.DataFrame({
        "customer_id": frame.index,
        "recency_days": (as_of - frame["last_on"]).dt.days,
        "frequency": frame["positive_orders"],
        "monetary_amount": frame["sales"],
        "r_score": r, "f_score": f, "m_score": m,
        "segment": segment,
    })  # fmt: skip


def _worse(values: pd.Series) -> pd.Series:
    """How many are strictly worse."""
    return values.rank(method="min") - 1


def _fifth(values: pd.Series) -> pd.Series:
    return (1 + 5 * _worse(values) // len(values)).astype("int64")


def grade(
    year: pd.DataFrame, past: dict[tuple[int, str], pd.DataFrame], month: int
) -> pd.DataFrame:
    """Scores of sales, margin and growth, the grade of their weighted mean, and that of the month before."""
    made = _scores(year, past.get((month - 12, "trailing_12_months")))
    before = past.get((month - 1, "trailing_12_months"))
    made["grade"] = _grades(made["total_score"])
    if before is None:
        made["previous_grade"] = None
    else:
        scored = _scores(before, past.get((month - 13, "trailing_12_months")))
        old = pd.Series(_grades(scored["total_score"]), index=scored.index)
        made["previous_grade"] = old.reindex(made.index)
    return made.reset_index()


def _scores(year: pd.DataFrame, before: pd.DataFrame | None) -> pd.DataFrame:
    frame = year[year["sales"] > 0]
    prior = (
        pd.Series(np.nan, frame.index) if before is None else before["sales"].reindex(frame.index)
    )
    profit = (frame["sales"] - frame["cost"]).where(frame["uncosted"] == 0)
    growth = ((frame["sales"] - prior) / prior).where(prior > 0)
    values = {"sales_score": (40, frame["sales"]), "margin_score": (20, profit), "growth_score": (10, growth)}  # fmt: skip
    scores = pd.DataFrame({name: 100 * _worse(of) / (of.count() - 1) for name, (_, of) in values.items()})  # fmt: skip
    weights = pd.Series({name: weight for name, (weight, _) in values.items()})
    scores["total_score"] = scores.mul(weights).sum(axis=1) / scores.notna().mul(weights).sum(
        axis=1
    )
    return scores


def _grades(total: pd.Series) -> np.ndarray:
    return np.select([total >= 75, total >= 50], ["A", "B"], "C")


def potential(pairs: pd.DataFrame, year: pd.DataFrame, customers: pd.DataFrame) -> pd.DataFrame:
    """What each customer would buy of a product if they bought as their peers do; the ten largest gaps."""
    pairs = pairs["sales"].reset_index()
    buyers = year.loc[year["sales"] > 0, ["sales"]].rename(columns={"sales": "customer_sales"})
    buyers = buyers.join(customers.set_index("customer_id")["nature"]).reset_index()
    peers = buyers.groupby("nature")["customer_sales"].agg(peer_count="size", peers_sales="sum")
    bought = pairs.merge(buyers, on="customer_id")
    groups = bought.assign(buys=bought["sales"] > 0).groupby(
        ["nature", "product_id"], observed=True
    )
    known = groups.agg(of_peers=("sales", "sum"), buyers=("buys", "sum")).reset_index().merge(peers, on="nature")  # fmt: skip
    known["buyers_share"] = known["buyers"] / known["peer_count"]
    kept = _gaps(_candidates(bought, buyers, known))
    of_product = pairs.groupby("product_id", observed=True)["sales"].sum()
    product_sales = kept["product_id"].map(of_product).astype("int64")
    share = kept["sales"] / kept["customer_sales"]
    return pd.DataFrame({
        "customer_id": kept["customer_id"],
        "product_id": kept["product_id"],
        "sales_amount": kept["sales"],
        "potential_amount": kept["gap"],
        "expected_amount": kept["gap"] + kept["sales"],
        "share_of_customer": share,
        "buyers_share": kept["buyers_share"],
        "is_white_space": kept["sales"] <= 0,
        "rank_in_customer": kept["rank_in_customer"],
        "rank_in_product": _first(kept, "product_id"),
        "share_of_product": (kept["sales"] / product_sales).where(product_sales > 0),
        "potential_index": (share / (product_sales / year["sales"].sum())).where(product_sales > 0),
    })  # fmt: skip


def _candidates(bought: pd.DataFrame, buyers: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Every buyer with what many peers buy, and with whatever else they bought themselves."""
    common = known["buyers_share"] >= 0.2
    keys = ["customer_id", "product_id"]
    many = buyers.merge(known[common], on="nature").merge(bought[[*keys, "sales"]], on=keys, how="left")  # fmt: skip
    own = bought[bought["sales"] > 0].merge(known[~common], on=["nature", "product_id"])
    many["sales"] = many["sales"].fillna(0).astype("int64")
    return pd.concat([many, own], ignore_index=True)


def _gaps(frame: pd.DataFrame) -> pd.DataFrame:
    expected = frame["of_peers"] / frame["peers_sales"] * frame["customer_sales"]
    gap = np.floor(expected - frame["sales"] + 0.5).astype("int64")
    frame = frame.assign(gap=gap)[gap > 0]
    frame = frame.assign(rank_in_customer=_first(frame, "customer_id"))
    return frame[frame["rank_in_customer"] <= 10]


def _first(frame: pd.DataFrame, by: str) -> pd.Series:
    ranks = frame.groupby(by, observed=True)["gap"].rank(method="min", ascending=False)
    return ranks.astype("int64")
