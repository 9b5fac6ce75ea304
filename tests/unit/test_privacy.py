"""The forms in which personal columns leave the register, and what messages may quote."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import without_values
from pipelines.privacy import Disclosure, in_part
from pipelines.settings import PRIVACY_KEY, Privacy
from schemas.catalogue import FEEDS

SCHEMA = FEEDS["customers"].ledger.schema


def shown(privacy: dict[str, Any], *rows: dict[str, Any]) -> pl.DataFrame:
    """What is shown of versions of the register: customer C on 2024-01-01 unless said otherwise."""
    whole = {"customer_id": "C", "valid_from": date(2024, 1, 1), "nature": "individual"}
    frame = pl.LazyFrame([{**dict.fromkeys(SCHEMA), **whole, **row} for row in rows], schema=SCHEMA)
    told = Disclosure(Privacy.model_validate(privacy)).shown(frame)
    return told.collect(engine="streaming")


def parted(*values: str | None) -> list[str | None]:
    return pl.Series("x", values, dtype=pl.String).to_frame().select(in_part(pl.col("x"))).to_series().to_list()  # fmt: skip


def test_in_part() -> None:
    """A mask that leaves a short value whole, or most of a long one, masks nothing."""
    values = ["王小明", "13812345678", "x", "王五", "abcd", "", None, "Alexander Hamilton"]
    masked = ["王**", "13*******78", "*", "王*", "a**d", "", None, "Al**************on"]
    assert parted(*values) == masked


@given(st.text(st.characters(exclude_characters="*", exclude_categories=["Cs"]), min_size=1))
def test_at_most_half_of_a_value_remains(value: str) -> None:
    """Line breaks, letters of several bytes and signs of two must not slip past the mask."""
    (told,) = parted(value)
    assert told is not None
    assert len(told) == len(value)
    assert len(told.replace("*", "")) <= len(value) / 2


def test_nothing_leaves_by_default() -> None:
    """A column that is personal and not taken off goes to every reader."""
    row = {name: "x" for name in FEEDS["customers"].personal if name != "birth_date"}
    told = shown({}, {**row, "customer_name": "王小明", "birth_date": date(1980, 5, 6)})
    assert not set(FEEDS["customers"].personal) & set(told.columns)
    assert told["customer_name"].to_list() == [None]
    assert {"customer_id", "nature", "region", "valid_from", "valid_to"} <= set(told.columns)


def test_forms(monkeypatch: pytest.MonkeyPatch) -> None:
    """A masked column that is published as well must leave masked; what is NULL stays so, or a mask would invent people."""
    monkeypatch.setenv(PRIVACY_KEY, "key")
    privacy = {
        "publish": ["family", "phone"],
        "mask": {"phone": "partial", "birth_date": "partial", "owner_name": "pseudonym", "address": "drop"},
    }  # fmt: skip
    told = shown(
        privacy,
        {"family": "two", "phone": "13812345678", "birth_date": date(1980, 5, 6), "owner_name": "王", "address": "x"},
        {},
    )  # fmt: skip
    assert set(FEEDS["customers"].personal) & set(told.columns) == {"family", "phone", "birth_date", "owner_name"}  # fmt: skip
    columns = told.select("family", "phone", "birth_date", "owner_name")
    assert columns.rows() == [
        ("two", "13*******78", "1980", "5aa446fa91df4708"),
        (None,) * 4,
    ]
    assert set(columns.dtypes) == {pl.String}


def test_pseudonyms_differ_by_column_and_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Equal pseudonyms of owner and manager tell that they are one person; without a key anybody can make them."""
    found = set()
    for key in ("one", "two"):
        monkeypatch.setenv(PRIVACY_KEY, key)
        mask = dict.fromkeys(("owner_name", "manager_name", "customer_name"), "pseudonym")
        value = {"owner_name": "王", "manager_name": "王", "customer_name": "王"}
        told = shown({"mask": mask}, value, {**value, "customer_id": "D"})
        columns = told.select("owner_name", "manager_name", "customer_name")
        first, second = columns.rows()
        assert first == second
        found |= {*first}
    assert len(found) == 6
    assert all(len(one) == 16 for one in found)


@pytest.mark.parametrize(
    ("privacy", "name"),
    [({}, None), ({"publish": ["customer_name"]}, "王小明"), ({"mask": {"customer_name": "partial"}}, "王**")],
)  # fmt: skip
def test_names_are_personal_where_the_customer_is_an_individual(
    privacy: dict[str, Any], name: str | None
) -> None:
    """A company without its name is no help; a version from before the register knew better must not tell the name."""
    told = shown(
        privacy,
        {"customer_id": "company", "nature": "company", "customer_name": "One"},
        {"customer_id": "unknown", "nature": None, "customer_name": "Two"},
        {"customer_id": "became one", "nature": None, "customer_name": "王小明"},
        {"customer_id": "became one", "valid_from": date(2024, 2, 1), "customer_name": "王小明"},
        {"customer_id": "was none", "customer_name": "王小明"},
        {"customer_id": "was none", "valid_from": date(2024, 2, 1), "nature": "company", "customer_name": "王小明"},
    )  # fmt: skip
    assert told["customer_name"].to_list() == ["One", "Two", name, name, name, "王小明"]


WORDS = {"phone", "nowhere", "O", "upper"}


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("conversion from `str` to `datetime[μs]` failed in column 'phone' for 1 out of 1 values: [\"SECRET\"]",
         "conversion from `str` to `datetime[μs]` failed in column 'phone' for 1 out of 1 values: ..."),
        ('invalid input syntax for type integer: "SECRET"', "invalid input syntax for type integer: ..."),
        ('relation "nowhere" does not exist', 'relation "nowhere" does not exist'),
        ("column 'phone' with text 'O'Neill SECRET'", "column 'phone' with text ..."),
        ('could not parse `"SECRET\nSECRET` as dtype `str`', "could not parse ..."),
        ('type integer: "13812345678"', "type integer: ..."),
        ("invalid byte sequence for encoding: 0xe7 0x8e", "invalid byte sequence for encoding: ..."),
        ("can't tell why", "can't tell why"),
        ("", "Exception"),
    ],
)  # fmt: skip
def test_messages_of_libraries_without_values(message: str, told: str) -> None:
    """Drivers and engines quote the value that they stumble over, and their words end in logs."""
    assert without_values(Exception(message), WORDS) == told


def test_messages_of_the_system_stay_whole() -> None:
    """A full disk that is told as `...` keeps people up all night."""
    error = OSError(28, "No space left on device", "/lake/x")
    assert without_values(error, WORDS) == "[Errno 28] No space left on device: '/lake/x'"
