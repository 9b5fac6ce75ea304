"""What the settings file may say, and what the user is told where it says something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pipelines.errors import SettingsError
from pipelines.settings import PRIVACY_KEY, Settings, Source, load
from pipelines.settings.docs import PAGE, keys, page

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "name: T\ncurrency: EUR\n"
FEEDS = "feeds: {customers: {path: c.csv}, sales: {path: s.csv}}\n"

CASES = [
    ("a typo", HEAD + FEEDS + "polcy: {}", "polcy: unknown key, did you mean policy? allowed: name, currency, language, lake, time_travel_days, calendar, engine, spark, feeds, policy, privacy, publish, notify"),
    ("a typo deep inside", HEAD + FEEDS + "policy: {credit: {near_limitt: 1}}", "policy.credit.near_limitt: unknown key, did you mean near_limit? allowed: default_terms_days, report_months, report_due_days, hold_overdue_days, suspend_overdue_days, overdue_min_amount, share_overdue_days, max_overdue_share, near_limit"),
    ("another feed", HEAD + "feeds: {customers: {path: c.csv}, sales: {path: s.csv}, sale: {path: s.csv}}", "feeds.sale: unknown feed, did you mean sales? allowed: "),
    ("no sales", HEAD + "feeds: {customers: {path: c.csv}}", "feeds.sales: missing, allowed: this feed is required"),
    ("no name", "currency: EUR\n" + FEEDS, "name: missing, allowed: this key is required"),
    ("text for a number", HEAD + FEEDS + "policy: {abc: {a: three}}", "policy.abc.a: found three, allowed: a number"),
    ("a number in quotes", HEAD + FEEDS + "policy: {abc: {a: '75'}}", "policy.abc.a: found 75, allowed: a number"),
    ("too large", HEAD + FEEDS + "policy: {abc: {a: 101}}", "policy.abc.a: found 101, allowed: a number more than 0 and at most 100"),
    ("too small", HEAD + FEEDS + "policy: {visits: {max_ineffective: 0}}", "policy.visits.max_ineffective: found 0, allowed: a whole number of at least 1"),
    ("a half month", HEAD + FEEDS + "calendar: {fiscal_year_starts: 1.5}", "calendar.fiscal_year_starts: found 1.5, allowed: a whole number from 1 to 12"),
    ("a folder that readers take for a column", HEAD + FEEDS + "lake: s3://bucket/env=prod/lake", "lake: found the folder env=prod, allowed: a path without =, which readers take for a column"),
    ("a folder that Spark takes for many", HEAD + FEEDS + "engine: spark\nlake: /data/a[1]/lake", "lake: found the folder a[1], allowed with engine: spark: a path without any of * ? [ ] { } \\, which Spark takes for many folders"),
    ("a scheme that Spark does not know", HEAD + FEEDS + "engine: spark\nlake: az://lake/kehu", "lake: found az://, allowed with engine: spark: abfss://, as Spark calls it"),
    ("no day for readers", HEAD + FEEDS + "time_travel_days: 0", "time_travel_days: found 0, allowed: a whole number from 1 to 3650"),
    ("month 13", HEAD + FEEDS + "calendar: {fiscal_year_starts: 13}", "calendar.fiscal_year_starts: found 13, allowed: a whole number from 1 to 12"),
    ("cuts the wrong way round", HEAD + FEEDS + "policy: {abc: {a: 95, b: 75}}", "policy.abc: found {'a': 95, 'b': 75}, allowed: a smaller than b"),
    ("a cut of three decimals", HEAD + FEEDS + "policy: {abc: {a: 75.125}}", "policy.abc.a: found 75.125, allowed: a percentage with at most 2 decimals"),
    ("time on Mars", HEAD + FEEDS + "calendar: {timezone: Mars/Olympus}", "calendar.timezone: found Mars/Olympus, allowed: an IANA time zone such as Asia/Shanghai"),
    ("another language", HEAD + FEEDS + "language: de", "language: found de, allowed: 'zh' or 'en'"),
    ("another engine", HEAD + FEEDS + "engine: duckdb", "engine: found duckdb, allowed: 'polars' or 'spark'"),
    ("two places for Spark", HEAD + FEEDS + "spark: {master: local, remote: 'sc://h/;token=secret'}", "spark: found {'master': 'local', 'remote': 'sc://...'}, allowed: master or remote, not both"),
    ("a typo of Spark's place", HEAD + FEEDS + "spark: {mastr: local}", "spark.mastr: unknown key, did you mean master? allowed: master, remote, conf"),
    ("a conf that is not Spark's", HEAD + FEEDS + "spark: {conf: {executor.memory: 2g}}", "spark.conf.executor.memory: found executor.memory, allowed: a setting of Spark's (spark.*), except spark.sql.ansi.enabled, "),
    ("a conf that would change figures", HEAD + FEEDS + "spark: {conf: {spark.sql.ansi.enabled: false}}", "spark.conf.spark.sql.ansi.enabled: found spark.sql.ansi.enabled, allowed: a setting of Spark's (spark.*), except spark.sql.ansi.enabled, "),
    ("a source of two kinds", HEAD + "feeds: {customers: {path: c.csv, database: sqlite://, sql: x}, sales: {path: s.csv}}", "feeds.customers: found {'path': 'c.csv', 'database': 'sqlite://', 'sql': 'x'}, allowed: exactly one of path, files (with sql), database (with sql)"),
    ("files without sql", HEAD + "feeds: {customers: {files: {a: a.csv}}, sales: {path: s.csv}}", "feeds.customers: found {'files': {'a': 'a.csv'}}, allowed: sql beside files or database"),
    ("the second of two sources", HEAD + "feeds: {customers: {path: c.csv}, sales: [{path: s.csv}, {pth: s.csv}]}", "feeds.sales.1.pth: unknown key, did you mean path? allowed: path, encoding, files, database, sql, delivered_on, full, expected_by, columns, values"),
    ("the only source", HEAD + "feeds: {customers: {path: c.csv}, sales: {path: s.csv, encodin: x}}", "feeds.sales.encodin: unknown key, did you mean encoding? allowed: path, encoding, files, database, sql, delivered_on, full, expected_by, columns, values"),
    ("an hour without quotes", HEAD + "feeds: {customers: {path: c.csv}, sales: {path: 's_{date}.csv', expected_by: 10:30}}", 'feeds.sales.expected_by: found 630, allowed: an hour in quotes, such as "06:00"'),
    ("a snapshot that is expected", HEAD + "feeds: {customers: {path: c.csv}, sales: {path: s.csv, expected_by: '10:30'}}", "feeds.sales: found {'path': 's.csv', 'expected_by': '10:30'}, allowed: expected_by only for a source that names a date"),
    ("a column that the feed has not", HEAD + "feeds: {customers: {path: c.csv}, sales: {path: s.csv, columns: {amount: x}}}", "feeds.sales.columns.amount: unknown column, did you mean net_amount? allowed: "),
    ("a mapping of both kinds", HEAD + "feeds: {customers: {path: c.csv}, sales: {path: s.csv, columns: {order_id: {column: a, sql: b}}}}", "feeds.sales.columns.order_id: found {'column': 'a', 'sql': 'b'}, allowed: either column (and format) or sql"),
    ("no YAML", "name: [", "line 1, column 8: "),
    ("a brace that YAML takes for its own", HEAD + "feeds: {sales: {path: s_{date}.csv}}", "line 3, column 25: expected ',' or '}', but got '{'; a value that holds { or } stands in quotes"),
    ("a list", "- a", "found ['a'], allowed: a mapping of settings"),
    ("nothing", "", "found nothing, allowed: a mapping of settings"),
    ("a column that is not personal", HEAD + FEEDS + "privacy: {publish: [region]}", "privacy.publish.0: found region, allowed: a personal column of customers: customer_name, address, phone, "),
    ("a mask of no personal column", HEAD + FEEDS + "privacy: {mask: {phon: partial}}", "privacy.mask.phon: found phon, allowed: a personal column of customers: customer_name, address, phone, "),
    ("another mask", HEAD + FEEDS + "privacy: {mask: {phone: hash}}", "privacy.mask.phone: found hash, allowed: 'drop', 'pseudonym' or 'partial'"),
    ("published and dropped", HEAD + FEEDS + "privacy: {publish: [phone], mask: {phone: drop}}", "privacy: found {'publish': ['phone'], 'mask': {'phone': 'drop'}}, allowed: each column in publish or with the mask drop, not both"),
    ("a password in a source", HEAD + "feeds: {customers: {path: c.csv, database: 'mysql://u:secret@h/x', sql: x}, sales: {path: s.csv}}", "feeds.customers: found {'path': 'c.csv', 'database': 'mysql://...', 'sql': 'x'}, allowed: "),
    ("a token in an address", HEAD + FEEDS + "notify: dingtalk://secret", "notify: found dingtalk://..., allowed: a list"),
    ("a token in an address of a list", HEAD + FEEDS + "notify: [env:X, 'dingtalk://secret']", "notify.1: found dingtalk://..., allowed: env:NAME, where the environment variable NAME holds the URL"),
    ("a token in a list", HEAD + FEEDS + "notify: [secret-token]", "notify.0: found ..., allowed: env:NAME, where"),
    ("a token behind env", HEAD + FEEDS + "notify: ['env:https://secret']", "notify.0: found ..., allowed: env:NAME, where"),
    ("a token for a list", HEAD + FEEDS + "notify: secret-token", "notify: found ..., allowed: a list"),
    ("no channel", HEAD + FEEDS + "notify:", "notify: found nothing, allowed: a list"),
    ("a word for a list", HEAD + FEEDS + "notify: env:X", "notify: found env:X, allowed: a list"),
    ("a password to publish by", HEAD + FEEDS + "publish: {postgres: 'postgresql://u:secret@h/x'}", "publish.postgres: found postgresql://..., allowed: env:NAME, where the environment variable NAME holds the URL"),
    ("a password in words", HEAD + FEEDS + "publish: {postgres: 'host=h password=secret'}", "publish.postgres: found ..., allowed: env:NAME, where"),
    ("no database to publish to", HEAD + FEEDS + "publish: {postgres: env:KEHU_NOT_SET}", "publish.postgres: env:KEHU_NOT_SET: the environment variable KEHU_NOT_SET is not set"),
    ("another thing than a database", HEAD + FEEDS + "publish: {postgres: env:PATH}", "publish.postgres: env:PATH holds no URL such as postgresql://user:password@host/database"),
    ("a word for a mapping", HEAD + FEEDS + "policy: strict", "policy: found strict, allowed: a mapping"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_faults_are_named(tmp_path: Path, text: str, message: str) -> None:
    """A threshold that is misspelt and passed over grades a whole company by another policy."""
    path = tmp_path / "kehu.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load(path)
    (told,) = str(caught.value).splitlines()
    assert told.startswith(f"{path}: {message}")


def test_all_faults_at_once(tmp_path: Path) -> None:
    """A file that is mended one fault a run takes many nights."""
    path = tmp_path / "kehu.yaml"
    path.write_text(HEAD + FEEDS + "langage: zh\npolicy: {abc: {a: 0}, grade: {a: 101}}", "utf-8")
    with pytest.raises(SettingsError) as caught:
        load(path)
    keys = [line.split(": ")[1] for line in str(caught.value).splitlines()]
    assert sorted(keys) == ["langage", "policy.abc.a", "policy.grade.a"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("absent.yaml", "there is no such settings file; `kehu demo DIR` writes one to start from"),
        ("folder", "found a directory, allowed: a YAML file"),
        ("latin.yaml", "not UTF-8 at byte 7"),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, name: str, message: str) -> None:
    """A traceback for a wrong path tells nobody which path was wrong."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "latin.yaml").write_bytes("name: Mü".encode("latin-1"))
    with pytest.raises(SettingsError) as caught:
        load(tmp_path / name)
    assert str(caught.value) == f"{tmp_path / name}: {message}"


def test_defaults_are_those_of_the_measures(tmp_path: Path) -> None:
    """A default that drifts changes every company's tiers, flags and holds without a word."""
    path = tmp_path / "kehu.yaml"
    path.write_text(HEAD + FEEDS, encoding="utf-8")
    found = load(path)
    assert found.policy.model_dump() == {
        "abc": {"a": 75, "b": 95},
        "classes": {"active_days": 365, "new_days": 365, "sporadic_months": 3},
        "potential": {"min_buyers_share": 0.2, "products_per_customer": 10},
        "profitability": {"min_cost_coverage": 1.0},
        "grade": {"weights": {"sales": 40, "margin": 20, "growth": 10, "payment": 20, "service": 10}, "a": 75, "b": 50},
        "credit": {
            "default_terms_days": 30, "report_months": {"A": 3, "B": 6, "C": 12}, "report_due_days": 30,
            "hold_overdue_days": 30, "suspend_overdue_days": 90, "overdue_min_amount": 1000,
            "share_overdue_days": 45, "max_overdue_share": 0.4, "near_limit": 0.9,
        },
        "visits": {"effect_days": 30, "max_ineffective": 5, "months": {"A": 1, "B": 3, "C": 6}},
        "complaints": {"response_hours": 24, "resolution_hours": 240},
    }  # fmt: skip
    assert (found.language, found.calendar.fiscal_year_starts) == ("zh", 1)
    assert found.lake_root == str(tmp_path / "lake")


def test_some_months_may_be_said_and_the_others_stay(tmp_path: Path) -> None:
    """A company that changes one tier's interval must not have to know the others', nor lose them."""
    path = tmp_path / "kehu.yaml"
    months = "policy: {visits: {months: {A: 2}}, credit: {report_months: {C: 24}}}"
    path.write_text(HEAD + FEEDS + months, encoding="utf-8")
    policy = load(path).policy
    assert policy.visits.months.model_dump() == {"A": 2, "B": 3, "C": 6}
    assert policy.credit.report_months.model_dump() == {"A": 3, "B": 6, "C": 24}


def test_the_page_of_settings_is_up_to_date() -> None:
    """A page that lags behind the models sends its reader to a key that is refused, or hides one; and each says what it is."""
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python -m pipelines.settings.docs`"
    told = dict(keys(Settings))
    assert {"name", "feeds.FEED.columns.COLUMN.sql", "policy.grade.weights.sales"} <= told.keys()
    assert [key for key, field in told.items() if not field.description] == []


def test_environment_in_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path with a variable that is not set would be a folder named $NAME."""
    path = tmp_path / "kehu.yaml"
    path.write_text(HEAD + FEEDS + "lake: $KEHU_TEST_LAKE/lake", encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load(path)
    assert str(caught.value) == f"{path}: lake: $KEHU_TEST_LAKE/lake: the environment variable KEHU_TEST_LAKE is not set"  # fmt: skip
    monkeypatch.setenv("KEHU_TEST_LAKE", "/somewhere")
    assert load(path).lake_root == "/somewhere/lake"


def test_only_policy_makes_months_stale(tmp_path: Path) -> None:
    """A lake that moves, or a new mapping alone, must not recompute ten years; a new threshold must."""
    path = tmp_path / "kehu.yaml"

    def fingerprint(more: str) -> str:
        path.write_text(HEAD + FEEDS + more, encoding="utf-8")
        return load(path).fingerprint

    plain = fingerprint("")
    assert fingerprint("lake: elsewhere") == plain
    assert fingerprint("policy: {abc: {a: 75}}") == plain
    assert fingerprint("policy: {abc: {a: 74}}") != plain
    assert fingerprint("calendar: {fiscal_year_starts: 4}") != plain


@pytest.mark.parametrize("key", [None, "", "  "])
def test_pseudonyms_need_a_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str | None
) -> None:
    """A pseudonym without a key is undone by whoever tries the values: every phone number there is."""
    if key is None:
        monkeypatch.delenv(PRIVACY_KEY, raising=False)
    else:
        monkeypatch.setenv(PRIVACY_KEY, key)
    path = tmp_path / "kehu.yaml"
    path.write_text(HEAD + FEEDS + "privacy: {mask: {phone: pseudonym, family: partial}}", "utf-8")
    with pytest.raises(SettingsError) as caught:
        load(path)
    assert str(caught.value) == (
        f"{path}: privacy.mask.phone: pseudonym needs a key: the environment variable KEHU_PRIVACY_KEY is not set or empty"
    )


def test_the_key_makes_months_stale_and_shows_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pseudonyms of an old key would stay published beside the new ones; a key that is printed is none."""
    path = tmp_path / "kehu.yaml"

    def loaded(mask: str, key: str) -> Settings:
        monkeypatch.setenv(PRIVACY_KEY, key)
        path.write_text(HEAD + FEEDS + f"privacy: {{mask: {{phone: {mask}}}}}", encoding="utf-8")
        return load(path)

    one, other = (loaded("pseudonym", key).fingerprint for key in ("key-one", "key-two"))
    assert one != other
    assert loaded("pseudonym", "key-one").fingerprint == one
    assert loaded("partial", "key-one").fingerprint == loaded("partial", "key-two").fingerprint
    found = loaded("pseudonym", "key-one")
    assert "key-one" not in repr(found) + found.model_dump_json()
    assert found.privacy.key == b"key-one"


def test_an_expected_hour_makes_no_delivery_new() -> None:
    """A setting that has nothing to do with reading, and that has every delivery of ten years taken in again."""
    with_hour = Source(path="s_{date}.csv", expected_by="06:00")
    without = Source(path="s_{date}.csv")
    assert with_hour.fingerprint("UTC") == without.fingerprint("UTC")
    assert with_hour.fingerprint("UTC") != without.fingerprint("Asia/Shanghai")


def test_an_engine_that_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the first run ends in an ImportError after it took the deliveries."""
    path = tmp_path / "kehu.yaml"
    path.write_text(
        HEAD + FEEDS + "engine: spark\nspark: {conf: {spark.executor.cores: 2, spark.x: true}}"
    )
    assert load(path).spark.texts == {"spark.executor.cores": "2", "spark.x": "true"}
    monkeypatch.setattr("pipelines.settings.file.find_spec", lambda _: None)
    with pytest.raises(SettingsError, match=r"pip install 'pyspark\[connect\]==4\.3\.\*'"):
        load(path)
