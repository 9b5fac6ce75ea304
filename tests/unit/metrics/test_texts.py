"""Numbers and sentences as people read them."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from string import Formatter

import narwhals as nw
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics import texts
from schemas.rules import RULES, WORDS

AMOUNTS = st.integers(-(10**17), 10**17)


def written(form: nw.Expr, values: list[int] | list[float]) -> list[str]:
    """The texts of some values."""
    frame = nw.from_native(pl.LazyFrame({"value": values})).select(text=form)
    return frame.collect().to_native()["text"].to_list()


@given(st.lists(AMOUNTS, min_size=1))
def test_money_is_rounded_and_grouped_as_decimals_are(units: list[int]) -> None:
    """A separator in the wrong place, or a cent lost on the way through floats, makes a sentence lie about money."""
    cents = [(Decimal(n) / 10_000).quantize(Decimal("0.01"), ROUND_HALF_UP) for n in units]
    expected = [f"{amount or abs(amount):,}" for amount in cents]
    assert written(texts.money(nw.col("value")), units) == expected


@given(st.lists(AMOUNTS, min_size=1))
def test_exact_money_keeps_all_decimals(units: list[int]) -> None:
    """`observed` is compared and sorted by machines: every unit counts, and no separator may be in it."""
    expected = [f"{Decimal(n) / 10_000:.4f}" for n in units]
    assert written(texts.exact_money(nw.col("value")), units) == expected


@given(st.lists(AMOUNTS, min_size=1))
def test_counts_are_grouped(numbers: list[int]) -> None:
    """1000 customers written as 1,0,00 or ,1000."""
    assert written(texts.count(nw.col("value")), numbers) == [f"{n:,}" for n in numbers]


@pytest.mark.parametrize(
    ("fraction", "text"),
    [(0.123, "12.3%"), (0.4, "40.0%"), (1.0, "100.0%"), (12.5, "1,250.0%"), (-0.05, "-5.0%"), (0.0, "0.0%"), (0.99951, "100.0%"), (-0.0001, "0.0%")],
)  # fmt: skip
def test_percent(fraction: float, text: str) -> None:
    """A fraction shown as it is, 0.4 %, looks harmless."""
    assert written(texts.percent(nw.col("value")), [fraction]) == [text]


def test_sentence_fills_words_numbers_and_nothing() -> None:
    """A placeholder that is NULL must not swallow the sentence, nor an unknown code show as a hole in it."""
    frame = nw.from_native(
        pl.LazyFrame({"amount": [12_345_678_000, None], "severity": ["hold", "suspend"]})
    )
    said = frame.select(
        zh=texts.sentence("欠 {amount:money}：{severity:consequence}。", 0),
        en=texts.sentence("owes {amount:money}; {severity:consequence}", 1),
    ).collect()
    assert said["zh"].to_list() == ["欠 1,234,567.80：暂停接受新订单。", "欠 ：暂停供货。"]
    assert said["en"].to_list() == ["owes 1,234,567.80; new orders are held", "owes ; supply is suspended"]  # fmt: skip


@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
def test_both_languages_of_a_rule_name_the_same_things(rule: object) -> None:
    """A number that only one language tells, or a format nobody knows, is found by the first reader of the other."""
    for zh, en in ((rule.sentence_zh, rule.sentence_en), (rule.remedy_zh, rule.remedy_en)):  # type: ignore[attr-defined]
        named = [
            {(field.removesuffix("_en"), form) for _, field, form, _ in Formatter().parse(text) if field}
            for text in (zh, en)
        ]  # fmt: skip
        assert named[0] == named[1]
        assert {form for _, form in named[0]} <= {
            "",
            "money",
            "percent",
            "count",
            "decimal",
            *WORDS,
        }
