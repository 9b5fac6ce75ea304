"""Notices, sent to real receivers on the loopback: what is new and urgent is told once on each channel, and never lost."""

from __future__ import annotations

import io
import logging
import subprocess
import sys
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any

import dagster as dg
import polars as pl
import pytest

from pipelines import channels
from pipelines.lake import Lake
from pipelines.lake_store import one_of
from pipelines.look import check
from pipelines.months import Months
from pipelines.notify import Notifier, Told
from pipelines.settings import load
from schemas.catalogue import TABLES
from schemas.state import NOTICES
from tests.company import SETTINGS, Company, customer, line, product
from tests.receivers import hanging, http, mail, refusing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Apprise imports it where Python still has it, for mail that is encrypted.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

TABLE = TABLES["rpt_finding"]
# What no warning, log or table may hold.
TOKEN, USER, PASSWORD = "t0k3nOfTheRobot", "u5er", "pa55w0rd"
PERSONAL = "王小明13800138000"
DONE = "notice: new urgent findings told: {}, channels: {}"


def finding(month: str, severity: str, subject: str, rule: str = "credit.rule") -> dict[str, Any]:
    """A finding on a customer. What a message must not show of it is personal here."""
    return {
        "as_of_month": month,
        "as_of": date(2024, 1, 31),
        "finding_id": f"{month}/{rule}/customer/{subject}",
        "topic": "credit",
        "subject_type": "customer",
        "subject_id": subject,
        "rule_id": rule,
        "severity": severity,
        "observed": PERSONAL,
        "threshold": PERSONAL,
        "evidence": PERSONAL,
        "sentence_zh": f"客户 {subject} 因 {rule} 须处理。",
        "sentence_en": f"Customer {subject}: {rule} needs action.",
        "remedy_zh": PERSONAL,
        "remedy_en": PERSONAL,
    }


class Desk:
    """A company's lake with findings and nothing else, and the notices of it; `urls` are its channels."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, *urls: str, language: str = "zh") -> None:  # fmt: skip
        for number, url in enumerate(urls):
            monkeypatch.setenv(f"KEHU_TEST_{number}", url)
        names = ", ".join(f"env:KEHU_TEST_{number}" for number in range(len(urls)))
        self.settings = folder / "kehu.yaml"
        self.settings.write_text(
            f"name: 示范公司\ncurrency: CNY\nlanguage: {language}\nnotify: [{names}]\npublish: {{duckdb: k.duckdb}}\n"
            "feeds: {customers: {path: c.csv}, sales: {path: s.csv}}\n",
            encoding="utf-8",
        )
        self.place = f"{folder.resolve()}/k.duckdb"
        self.lake = Lake(str(folder / "lake"))
        self.months: list[str] = []

    def tell(self, month: str, *found: tuple[str, ...]) -> Told:
        """A run of `month` whose findings are these: (severity, subject) or (severity, subject, rule)."""
        self.write(month, *found)
        return self.told_of(month)

    def write(self, month: str, *found: tuple[str, ...]) -> None:
        """The findings of a month, and nobody told."""
        rows = pl.LazyFrame([finding(month, *one) for one in found], schema=TABLE.schema)
        self.lake.replace(TABLE, rows, one_of("as_of_month", [month]))
        self.months = sorted({*self.months, month})

    def told_of(self, *months: str) -> Told:
        """The notices of a run that computed these months."""
        notifier = Notifier(load(self.settings), self.lake)
        return notifier.tell(Months(list(months), self.months, 1, frozenset()))


@contextmanager
def webhook(folder: Path, monkeypatch: pytest.MonkeyPatch, **more: str) -> Iterator[tuple[Desk, Any]]:  # fmt: skip
    """A desk with one channel, a webhook, and the receiver of it."""
    with http() as posts:
        yield Desk(folder, monkeypatch, f"json://127.0.0.1:{posts.port}/{TOKEN}", **more), posts


def subjects(body: dict[str, Any]) -> list[str]:
    """The customers that a message names, in its order."""
    named = [one for one in body["message"].splitlines() if one.startswith("- ")]
    return [one.split(" ")[2].removesuffix(":") for one in named]


def test_message_in_chinese(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hold read before a suspension, a code for a word, or a person's data in a chat group."""
    with webhook(tmp_path, monkeypatch) as (desk, posts):
        told = desk.tell(
            "2024-01",
            ("hold", "C1"), ("suspend", "C2", "credit.b"), ("watch", "C3"), ("hold", "C2"), ("info", "C4"),
            ("suspend", "C1", "credit.b"), ("suspend", "C1", "credit.a"),
        )  # fmt: skip
        (body,) = posts.taken()
    assert body["title"] == "示范公司 2024-01：新的紧急发现 5 项"
    assert body["message"].splitlines() == [
        "【暂停供货】3 项",
        "- 客户 C1 因 credit.a 须处理。",
        "- 客户 C1 因 credit.b 须处理。",
        "- 客户 C2 因 credit.b 须处理。",
        "",
        "【暂停新订单】2 项",
        "- 客户 C1 因 credit.rule 须处理。",
        "- 客户 C2 因 credit.rule 须处理。",
        "",
        f"依据与对策见 {desk.place} 中的表 rpt_finding（as_of_month = '2024-01'）。",
    ]
    assert told == Told(findings=5, channels=1)
    assert told.notes == [DONE.format(5, 1)]


def test_mail_in_english(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mail in the wrong language or encoding, or one that shows the words of a finding as markup."""
    with mail() as mails:
        url = f"mailto://127.0.0.1:{mails.port}?from=kehu@example.com&to=boss@example.com"
        desk = Desk(tmp_path, monkeypatch, url, language="en")
        desk.tell("2024-01", ("hold", "C<b>1"), ("suspend", "C*2*"))
        (message,) = mails.taken
    assert message["subject"] == "示范公司 2024-01: new urgent findings: 2"
    assert (message["from"], message["to"]) == ("kehu@example.com", "boss@example.com")
    assert message.get_content_type() == "text/plain"
    assert message.get_content().splitlines() == [
        "Suspend supply: 1",
        "- Customer C*2*: credit.rule needs action.",
        "",
        "Hold new orders: 1",
        "- Customer C<b>1: credit.rule needs action.",
        "",
        f"Evidence and remedies: table rpt_finding in {desk.place} (as_of_month = '2024-01').",
    ]


def test_only_what_is_new_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message that repeats itself is read no more; one that leaves out what is new is worse."""
    with webhook(tmp_path, monkeypatch) as (desk, posts):

        def named(month: str, *found: tuple[str, ...]) -> list[list[str]]:
            desk.tell(month, *found)
            return [subjects(body) for body in posts.taken()]

        assert named("2024-01", ("hold", "C1")) == [["C1"]]
        assert named("2024-01", ("hold", "C1")) == []
        assert named("2024-02", ("hold", "C1")) == []  # a month later the same finding
        assert named("2024-02", ("hold", "C1"), ("hold", "C2")) == [["C2"]]
        assert named("2024-03", ("suspend", "C1"), ("hold", "C2")) == [["C1"]]  # it got worse
        assert named("2024-03", ("suspend", "C1"), ("hold", "C2", "credit.b")) == [["C2"]]


def test_what_cleared_and_comes_back_is_news(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A customer who pays and then fails again would be supplied: his old notice is no notice."""
    with webhook(tmp_path, monkeypatch) as (desk, posts):
        assert desk.tell("2024-01", ("hold", "C1")).findings == 1
        assert desk.tell("2024-02").notes == []
        assert desk.tell("2024-03", ("hold", "C1")).findings == 1
        assert len(posts.taken()) == 2


def test_a_backfill_tells_of_its_last_month_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backfill of 24 months that sends 24 months of old news; one of old months that forgets what was told."""
    with webhook(tmp_path, monkeypatch) as (desk, posts):
        for month, subject in (("2024-01", "C1"), ("2024-02", "C2"), ("2024-03", "C3")):
            desk.write(month, ("hold", subject))
        assert desk.told_of("2024-01", "2024-02") == Told()
        assert desk.told_of("2024-01", "2024-02", "2024-03").findings == 1
        assert [subjects(body) for body in posts.taken()] == [["C3"]]
        assert desk.told_of("2024-01") == Told()
        assert desk.told_of("2024-03") == Told()
        assert posts.taken() == []


@contextmanager
def broken(kind: str) -> Iterator[tuple[str, str]]:
    """The URL of a channel that does not work, and what is said of it."""
    secret = f"{USER}:{PASSWORD}@127.0.0.1"
    unreached = "not reached, or it took no message"
    if kind == "refused":
        with refusing() as port:
            yield f"json://{secret}:{port}/{TOKEN}?wait=0", f"channel 1 (json) failed: {unreached}"
    elif kind == "mail refused":
        with refusing() as port:
            yield f"mailto://{secret}:{port}?smtp=127.0.0.1&from=a@example.com&to=b@example.com&retry=0", f"channel 1 (mailto) failed: {unreached}"  # fmt: skip
    elif kind == "hanging":
        with hanging() as port:
            yield f"json://{secret}:{port}/{TOKEN}?rto=0.2&wait=0", f"channel 1 (json) failed: {unreached}"  # fmt: skip
    elif kind == "no end":
        with hanging(trickles=True) as port:
            yield f"json://{secret}:{port}/{TOKEN}?retry=0", "channel 1 (json) failed: no answer within 3 seconds"  # fmt: skip
    else:
        with http() as posts:
            posts.answers = [500] * 3
            yield f"json://{secret}:{posts.port}/{TOKEN}?wait=0", "channel 1 (json) failed: it answered with error 500"  # fmt: skip


@pytest.mark.parametrize("kind", ["refused", "mail refused", "hanging", "no end", "error 500"])
def test_a_channel_that_fails(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture,
) -> None:  # fmt: skip
    """A channel that fails must neither silence another one nor show its address or password to anybody."""
    logged = io.StringIO()
    monkeypatch.setattr(logging.root, "handlers", [logging.StreamHandler(logged)])
    if kind == "no end":
        monkeypatch.setattr(channels, "_SECONDS", 3.0)
    with http() as good, broken(kind) as (url, said):
        desk = Desk(tmp_path, monkeypatch, url, f"json://127.0.0.1:{good.port}/")
        first = desk.tell("2024-01", ("hold", "C1"))
        assert first.warnings == [f"notice: {said}"]
        assert first.notes == [DONE.format(1, 1), f"notice: {said}"]
        assert [subjects(body) for body in good.taken()] == [["C1"]]
    printed = "".join(capfd.readouterr()) + logged.getvalue() + str(first)
    assert not [one for one in (TOKEN, USER, PASSWORD, "127.0.0.1") if one in printed]


def test_what_a_channel_missed_it_is_told_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A suspension that nobody hears of because the robot was down that night; or that the others hear of twice."""
    with http() as one, http() as other:
        one.answers = [500] * 3
        desk = Desk(
            tmp_path, monkeypatch,
            f"json://127.0.0.1:{one.port}/?wait=0", f"json://127.0.0.1:{other.port}/",
        )  # fmt: skip
        assert desk.tell("2024-01", ("hold", "C1"), ("hold", "C3")).channels == 1
        assert len(one.taken()) == 3
        assert [subjects(body) for body in other.taken()] == [["C1", "C3"]]
        told = desk.tell("2024-02", ("hold", "C1"), ("suspend", "C2"))
        assert told == Told(findings=2, channels=2)
        assert [subjects(body) for body in one.taken()] == [["C2", "C1"]]
        assert [subjects(body) for body in other.taken()] == [["C2"]]
        assert desk.told_of("2024-02") == Told()


def test_a_hiccup_is_tried_again_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A robot that is busy for a second would be silent for a night."""
    with http() as posts:
        posts.answers = [503]
        desk = Desk(tmp_path, monkeypatch, f"json://127.0.0.1:{posts.port}/?wait=0")
        assert desk.tell("2024-01", ("hold", "C1")) == Told(findings=1, channels=1)
        assert len(posts.taken()) == 2


@pytest.mark.parametrize("robot", ["dingtalk", "wecombot"])
def test_robots_that_refuse_with_status_200(
    robot: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DingTalk and WeCom refuse a wrong key or a missing keyword with HTTP 200: it would count as told for ever."""
    from apprise.plugins.dingtalk import NotifyDingTalk
    from apprise.plugins.wecombot import NotifyWeComBot

    with http() as posts:
        for plugin in (NotifyDingTalk, NotifyWeComBot):
            monkeypatch.setattr(plugin, "notify_url", f"http://127.0.0.1:{posts.port}/")
        desk = Desk(tmp_path, monkeypatch, f"{robot}://{TOKEN}?retry=0")
        posts.text = '{"errcode": 310000, "errmsg": "keywords not in content"}'
        told = desk.tell("2024-01", ("hold", "C1"))
        assert told.notes == [f"notice: channel 1 ({robot}) failed: it answered with error 310000"]
        posts.taken()
        posts.text = '{"errcode": 0, "errmsg": "ok"}'
        assert desk.told_of("2024-01") == Told(findings=1, channels=1)
        (body,) = posts.taken()
    assert body["text"]["content"].startswith(
        "示范公司 2024-01：新的紧急发现 1 项\r\n【暂停新订单】1 项\n- 客户 C1"
    )


def test_long_lists_are_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message of a thousand lines is not read; one that is cut without a word is taken for all there is."""
    many = [("hold", f"H{number:03}") for number in range(60)]
    with webhook(tmp_path, monkeypatch, language="en") as (desk, posts):
        assert desk.tell("2024-01", *many, ("suspend", "S1")).findings == 61
        (body,) = posts.taken()
        assert desk.told_of("2024-01") == Told()  # the rest is not told night by night
    assert subjects(body) == ["S1", *(f"H{number:03}" for number in range(19))]
    assert "Hold new orders: 60\n" in body["message"]
    assert body["message"].splitlines()[-3:] == [
        "... and 41 more",
        "",
        f"Evidence and remedies: table rpt_finding in {desk.place} (as_of_month = '2024-01').",
    ]


def test_a_message_fits_its_channel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """WeCom takes 2048 bytes, not characters, and refuses what is longer."""
    from apprise.plugins.wecombot import NotifyWeComBot

    with http() as posts:
        monkeypatch.setattr(NotifyWeComBot, "notify_url", f"http://127.0.0.1:{posts.port}/")
        desk = Desk(tmp_path, monkeypatch, f"wecombot://{TOKEN}")
        desk.tell("2024-01", *[("hold", f"客户很长的编号{number:03}" * 4) for number in range(20)])
        (body,) = posts.taken()
    content = body["text"]["content"]
    named = sum(line.startswith("- ") for line in content.splitlines())
    assert 0 < named < 20
    assert f"……另有 {20 - named} 项" in content
    assert 2048 - 400 < len(content.encode()) <= 2048


def test_channels_that_cannot_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that is not set would end the night, or leave its channel silent without a word."""
    with http() as posts:
        good = f"json://127.0.0.1:{posts.port}/"
        desk = Desk(tmp_path, monkeypatch, good, TOKEN, "", "nowhere://x", f"mailto:{USER}:{PASSWORD}@h", good, good)  # fmt: skip
        monkeypatch.delenv("KEHU_TEST_6")
        wrong = [
            "notice: channel 2: env:KEHU_TEST_1 holds no URL that apprise can use",
            "notice: channel 3: env:KEHU_TEST_2 holds no URL that apprise can use",
            "notice: channel 4: env:KEHU_TEST_3 holds no URL that apprise can use",
            "notice: channel 5: env:KEHU_TEST_4 holds no URL that apprise can use",
            "notice: channel 7: env:KEHU_TEST_6: the environment variable KEHU_TEST_6 is not set",
        ]
        told = desk.tell("2024-01", ("hold", "C1"))
        assert told == Told(
            findings=1, channels=1, warnings=wrong
        )  # one URL named twice is one channel
        assert len(posts.taken()) == 1
        assert desk.told_of("2024-01").notes == wrong
        assert check(desk.settings)[1] == wrong


def test_a_channel_out_of_sight_is_not_told_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A variable that one shell forgets would have everything told again; or hide what came back meanwhile."""
    with webhook(tmp_path, monkeypatch) as (desk, posts):
        desk.tell("2024-01", ("hold", "C1"), ("hold", "C2"))
        posts.taken()
        with monkeypatch.context() as patch:
            patch.delenv("KEHU_TEST_0")
            desk.tell("2024-02", ("hold", "C1"))
        desk.tell("2024-03", ("hold", "C1"), ("hold", "C2"))
        assert [subjects(body) for body in posts.taken()] == [["C2"]]


def test_a_run_that_dies_after_sending_tells_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is written down before it is sent is never sent by a run that dies in between."""
    with webhook(tmp_path, monkeypatch) as (desk, posts):
        desk.write("2024-01", ("hold", "C1"))
        with monkeypatch.context() as patch:
            patch.setattr(Lake, "replace", lambda *_: pytest.fail("killed"))
            with pytest.raises(pytest.fail.Exception, match="killed"):
                desk.told_of("2024-01")
        assert desk.told_of("2024-01").findings == 1
        assert len(posts.taken()) == 2


def test_the_lake_holds_no_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A URL in the lake gives everybody who reads it a way to write to the company's groups."""
    with webhook(tmp_path, monkeypatch) as (desk, _):
        desk.tell("2024-01", ("hold", "C1"))
        rows = desk.lake.scan(NOTICES).collect()
    NOTICES.pandera().validate(rows)
    assert rows.height == 1
    assert rows["channel"].str.contains("^[0-9a-f]{32}$").all()
    files = [path for path in (tmp_path / "lake").rglob("*") if path.is_file()]
    assert not [path for path in files if TOKEN.encode() in path.read_bytes()]


_SEND = """
import sys
from pipelines import channels
channels._SECONDS = 1.0
(channel,), _ = channels.channels_of(["env:KEHU_TEST_0"])
print(channel.send("title", "text"))
"""


def test_a_channel_without_end_lets_the_process_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A night that told its findings and hangs until somebody kills it."""
    with hanging(trickles=True) as port:
        monkeypatch.setenv("KEHU_TEST_0", f"json://127.0.0.1:{port}/{TOKEN}")
        done = subprocess.run(
            [sys.executable, "-c", _SEND], capture_output=True, text=True, timeout=60, check=False
        )
    assert (done.returncode, done.stdout, done.stderr) == (0, "no answer within 1 seconds\n", "")


# --- whole runs -----------------------------------------------------------------------------------------
WITH_NOTICES = SETTINGS + "notify: [env:KEHU_TEST_0]\nlanguage: en\n"
WITH_NOTICES = WITH_NOTICES.replace("  stock:", '  incidents: {path: "landing/incidents_{date:%Y-%m-%d}.csv"}\n  stock:')  # fmt: skip


def incident(number: int, customer_id: str, day: str, suspend: str = "true") -> dict[str, Any]:
    """A credit incident."""
    return {"incident_id": f"I{number}", "customer_id": customer_id, "reported_on": day, "kind": "x", "suspend_supply": suspend}  # fmt: skip


@pytest.fixture
def company(tmp_path: Path) -> Company:
    """Two customers; supply to one of them is suspended in January, to the other one in March."""
    made = Company(tmp_path / "company", WITH_NOTICES)
    made.deliver("customers", "2024-01-01", customer(1, address=PERSONAL), customer(2, nature="individual", customer_name=PERSONAL))  # fmt: skip
    made.deliver("products", "2024-01-01", product(1))
    made.deliver("sales", "2024-03-31", line("A", "2024-01-05", 100), line("B", "2024-03-06", 50, customer_id="C2"))  # fmt: skip
    made.deliver("incidents", "2024-03-31", incident(1, "C1", "2024-01-10"), incident(2, "C2", "2024-03-10"))  # fmt: skip
    return made


def told_in(company: Company) -> dict[str, Any]:
    """What Dagster shows of the last notices."""
    with dg.DagsterInstance.from_config(str(company.folder / ".dagster")) as instance:
        event = instance.get_latest_materialization_event(dg.AssetKey(["published", "notices"]))
    assert event is not None
    assert event.asset_materialization is not None
    return {name: value.value for name, value in event.asset_materialization.metadata.items()}


def test_a_run_tells_after_it_published(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """A night whose urgent findings stay in a table until somebody looks; or that fails because a robot is down."""

    def notes(*, months: int) -> list[str]:
        summary = company.run()
        assert (summary.problems, len(summary.months)) == ([], months)
        return [note for note in summary.notes if "notice" in note or "notify" in note]

    with http() as posts:
        monkeypatch.delenv("KEHU_TEST_0", raising=False)
        unset = (
            "notice: channel 1: env:KEHU_TEST_0: the environment variable KEHU_TEST_0 is not set"
        )
        assert notes(months=3) == check(company.settings)[1] == [unset]
        monkeypatch.setenv("KEHU_TEST_0", f"json://127.0.0.1:{posts.port}/{TOKEN}?retry=0")
        posts.answers = [500]
        failed = "notice: channel 1 (json) failed: it answered with error 500"
        assert notes(months=0) == [failed]
        assert told_in(company) == {"told": 0, "channels": 0, "notes": [failed]}
        posts.taken()
        assert notes(months=0) == [DONE.format(2, 1)]
        assert told_in(company) == {"told": 2, "channels": 1, "notes": [DONE.format(2, 1)]}
        (body,) = posts.taken()
        assert notes(months=0) == []
        assert posts.taken() == []
    assert body["title"] == "Test 2024-03: new urgent findings: 2"
    assert [one.split(" ")[:3] for one in body["message"].splitlines()[1:3]] == [["-", "Customer", "C1"], ["-", "Customer", "C2"]]  # fmt: skip
    assert PERSONAL not in str(body)


def test_blocked_publication_tells_nothing(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A supply that is suspended on numbers which do not tie to what was delivered."""
    large = "20000000000000"
    company.deliver("sales", "2024-03-30", line("X", "2024-02-01", large), line("Y", "2024-02-01", large))  # fmt: skip
    with http() as posts:
        monkeypatch.setenv("KEHU_TEST_0", f"json://127.0.0.1:{posts.port}/")
        assert any("net_amount sums to" in problem for problem in company.run().problems)
        assert posts.taken() == []
