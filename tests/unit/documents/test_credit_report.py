"""The written credit report: what stands in the files is what was known, in both languages and on every machine."""

import hashlib
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from pipelines.documents import credit_report, pdf, swap
from pipelines.documents.charts import dso_columns
from pipelines.documents.credit_report import write
from pipelines.documents.form import form
from pipelines.documents.labels import words
from pipelines.documents.names import file_name
from pipelines.documents.numbers import amount_text, days_text, rate_text
from pipelines.documents.report import Change, CreditReport, Finding
from pipelines.errors import PublishError

ROOT = Path(__file__).parents[3]
SENTENCE = "逾期超过 90 天的未收款为 100,000.00，最长逾期 143 天。"
REMEDY = "立即停止供货，十日内提交还款计划。"
BUCKETS = {
    "not_due_amount": "693210.45", "overdue_1_30_amount": "210000", "overdue_31_60_amount": "150000.5",
    "overdue_61_90_amount": "96789.05", "overdue_91_120_amount": "60000", "overdue_over_120_amount": "40000",
}  # fmt: skip
MONTHS = (*(f"2023-{month:02d}" for month in range(7, 13)), *(f"2024-{month:02d}" for month in range(1, 7)))  # fmt: skip
DAYS = (41.2, 43.0, None, 39.5, 45.1, None, 50.2, 55.8, 60.1, 58.4, 63.3, 67.25)

ZH = CreditReport(
    company="上海示范贸易有限公司",
    currency="CNY",
    language="zh",
    as_of=date(2024, 6, 30),
    customer_id="C0001",
    customer_name="杭州西湖精密机械有限公司",
    nature="普通公司",
    region="华东",
    industry="机械制造",
    salesperson_id="S012",
    traded_since=date(2016, 3, 1),
    tier="A",
    credit_limit=Decimal(1200000),
    credit_limit_expires_on=date(2024, 5, 31),
    payment_terms_days=45,
    rating="C",
    last_investigated_on=date(2024, 2, 15),
    report_status="overdue",
    report_due_on=date(2024, 5, 15),
    credit_status="suspend_supply",
    exposure=Decimal("1234567.8"),
    headroom=Decimal("-34567.8"),
    utilisation_rate=1.0288,
    dso_days=67.25,
    dso_countback_days=71.0,
    open_amount=Decimal(1250000),
    disputed_amount=Decimal(20000),
    overdue_amount=Decimal("556789.55"),
    overdue_rate=0.4454,
    oldest_overdue_days=143,
    unapplied_amount=Decimal("-15432.2"),
    balance_amount=Decimal("1234567.8"),
    ageing=tuple((bucket, Decimal(amount)) for bucket, amount in BUCKETS.items()),
    dso_history=tuple(zip(MONTHS, DAYS, strict=True)),
    changes=(Change("评级", "B", "C"),),
    compared_with=date(2024, 1, 31),
    findings=(
        Finding("credit.near_limit", "watch", "额度使用率偏高。", "关注新订单。", None),
        Finding("credit.overdue_long", "suspend", SENTENCE, REMEDY, "INV-1,INV-2"),
    ),
    recommended_limit=Decimal(800000),
)
EN = replace(
    ZH,
    company="Demo Trading Ltd",
    currency="EUR",
    language="en",
    customer_id="E1",
    customer_name="Northwind Engineering",
    nature="Company",
    region="North",
    industry="Engineering",
    changes=(),
    findings=(
        Finding("credit.over_limit", "hold", "The exposure is over the limit.", "Wait.", "INV-9"),
    ),
)


def digest(paths: Iterable[Path]) -> str:
    """One digest of the names and bytes of files."""
    whole = hashlib.sha256()
    for path in sorted(paths):
        whole.update(path.name.encode() + path.read_bytes())
    return whole.hexdigest()


def html(report: CreditReport, folder: Path) -> str:
    return write([report], folder)[1].read_text(encoding="utf-8")


def html_and_pdf(report: CreditReport, folder: Path) -> tuple[str, str]:
    """The source of the HTML, and the text of the PDF without any white space, for lines may break anywhere."""
    _, page, printed = write([report], folder)
    pages = PdfReader(BytesIO(printed.read_bytes())).pages
    return page.read_text(encoding="utf-8"), squeezed(
        "".join(page.extract_text() for page in pages)
    )


@cache
def squeezed(text: str) -> str:
    return "".join(text.split())


def test_equal_reports_give_equal_bytes_in_two_processes(tmp_path: Path) -> None:
    """A clock or a hash order in a file would make every run look like a change."""
    here = digest(write([ZH, EN], tmp_path / "here"))
    program = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[2]); import test_credit_report as test; "
        "print(test.digest(test.write([test.ZH, test.EN], Path(sys.argv[1]))))"
    )
    there = subprocess.run(
        [sys.executable, "-B", "-c", program, str(tmp_path / "there"), str(Path(__file__).parent)],
        capture_output=True, text=True, check=True, cwd=ROOT, env={"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert there.stdout.strip() == here


def test_pdf_is_dated_as_the_report(tmp_path: Path) -> None:
    """The time of printing in a PDF would say that an old month's report was written today."""
    read = PdfReader(BytesIO(write([ZH], tmp_path / "out")[2].read_bytes()))
    assert read.metadata is not None
    assert read.metadata["/CreationDate"] == read.metadata["/ModDate"] == "D:20240630000000Z"


def test_every_value_stands_in_both_files(tmp_path: Path) -> None:
    """A value that one of the two templates forgets is missed by nobody until somebody signs without it."""
    page, printed = html_and_pdf(ZH, tmp_path / "out")
    page = squeezed(page)
    planted = (
        "上海示范贸易有限公司", "杭州西湖精密机械有限公司", "C0001", "普通公司", "华东", "机械制造", "S012",
        "2016-03-01", "45", "2024-02-15", "2024-05-15", "已逾期", "暂时停止供货", "1,200,000.00",
        "2024-05-31（已过期）", "1,234,567.80", "-34,567.80", "102.9 %", "67.3", "71.0", "1,250,000.00",
        "20,000.00", "556,789.55", "44.5 %", "143", "-15,432.20", "693,210.45", "55.5 %", "逾期超过 120 天",
        "41.2", "评级", "停止供货", SENTENCE, REMEDY, "INV-1", "INV-2", "credit.overdue_long", "CNY 800,000.00",
        "金额（CNY）", "经办人", "业务主管", "财务主管", "总经理", "八、结论",
    )  # fmt: skip
    for text in planted:
        assert squeezed(text) in page, text
        assert squeezed(text) in printed, text


@pytest.mark.parametrize("report", [ZH, EN], ids=["zh", "en"])
def test_every_text_of_the_form_stands_in_both_files(report: CreditReport, tmp_path: Path) -> None:
    """The two templates may drift apart: what the form says must be in each."""
    page, printed = html_and_pdf(report, tmp_path / "out")
    page = squeezed(page)
    texts = form(report)
    rows = [*texts["who"], *texts["limit"], *texts["ageing"], *texts["dso"], *texts["changes"]]
    for text in [*texts["headings"].values(), *(cell for row in rows for cell in row)]:
        assert squeezed(text) in page, text
        assert squeezed(text) in printed, text


def test_pages_are_numbered_in_the_language(tmp_path: Path) -> None:
    """Loose sheets without numbers: nobody sees that one is lost."""
    assert "第1页，共2页" in html_and_pdf(ZH, tmp_path / "zh")[1]
    assert "Page1of2" in html_and_pdf(EN, tmp_path / "en")[1]


def test_english_report_has_no_chinese_word(tmp_path: Path) -> None:
    """A label that was only written in Chinese would stand in the English form."""
    page, printed = html_and_pdf(EN, tmp_path / "out")
    for text in (page, printed):
        assert not [sign for sign in text if "\u4e00" <= sign <= "\u9fff"]
    assert '<html lang="en">' in page
    assert '<html lang="zh-CN">' in html(ZH, tmp_path / "out")


def test_chinese_labels_have_full_width_punctuation() -> None:
    """Half-width brackets and commas between Chinese characters look like another firm's form."""
    for text in words("zh").values():
        assert not [sign for sign in "(),:;" if sign in text], text


def test_markup_in_texts_is_text(tmp_path: Path) -> None:
    """A customer called <script> would run in the browser of whoever opens the report or the index."""
    name = "<script>alert(1)</script> #panic() & Co. \"quoted\" 'so'"
    odd = replace(ZH, customer_name=name, customer_id="<b>1</b>", credit_status='"><i>')
    for path in write([odd], tmp_path / "out"):
        if path.suffix == ".html":
            text = path.read_text(encoding="utf-8")
            assert "<script" not in text
            assert "<b>1</b>" not in text
            assert '"><i>' not in text
            assert "&lt;script&gt;" in text
    assert squeezed(name) in html_and_pdf(odd, tmp_path / "out")[1]


def test_without_a_name_the_id_stands_alone(tmp_path: Path) -> None:
    """An individual's report headed None, or with an empty row that asks for the name."""
    nameless = replace(ZH, customer_name=None)
    text, printed = html_and_pdf(nameless, tmp_path / "out")
    assert '<p class="customer">C0001</p>' in text
    assert "None" not in text
    assert words("zh")["customer_name"] not in text
    assert words("zh")["customer_name"] not in printed


def test_no_limit_and_no_credit_are_different(tmp_path: Path) -> None:
    """A customer without a limit shown as 0.00 looks like one who gets no credit, and the other way round."""
    assert "<dd>未设定</dd>" in html(replace(ZH, credit_limit=None), tmp_path / "out")
    nothing = html(replace(ZH, credit_limit=Decimal(0)), tmp_path / "out")
    assert "<dd>0.00（不予赊销）</dd>" in nothing


def test_unknown_values_are_dashes_and_empty_parts_say_so(tmp_path: Path) -> None:
    """An unknown amount shown as 0.00, or a part left blank, reads as all is well."""
    empty = replace(
        ZH, exposure=None, utilisation_rate=None, dso_days=None, ageing=(), findings=(), changes=(),
        recommended_limit=None, traded_since=None, dso_history=tuple((month, None) for month in MONTHS),
    )  # fmt: skip
    text, printed = html_and_pdf(empty, tmp_path / "out")
    assert text.count("<dd>—</dd>") == 4
    fixed = words("zh")
    for key in ("no_ageing", "no_dso", "no_findings", "no_changes", "no_recommendation"):
        assert fixed[key] in text
        assert squeezed(fixed[key]) in printed
    assert fixed["no_receivable"] in html(
        replace(ZH, ageing=(("not_due_amount", Decimal(0)),)), tmp_path / "out"
    )
    assert fixed["no_last_report"] in html(
        replace(ZH, changes=(), compared_with=None), tmp_path / "out"
    )


def test_findings_stand_worst_first(tmp_path: Path) -> None:
    """The one that stops supply would be overlooked below the harmless ones."""
    text = html(ZH, tmp_path / "out")
    assert text.index(SENTENCE) < text.index("额度使用率偏高")


def test_a_month_without_dso_is_a_gap() -> None:
    """A column of height 0 would say that everybody paid at once."""
    drawn = dso_columns((("2024-01", 20.0), ("2024-02", None), ("2024-03", 0.0), ("2024-04", -5.0)))
    assert [column["gap"] for column in drawn["columns"]] == [False, True, False, False]  # type: ignore[union-attr]
    assert drawn["zero"] == 76.0
    assert [column["top"] for column in drawn["columns"]] == [0.0, 76.0, 76.0, 76.0]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (amount_text(Decimal("1234567.8")), "1,234,567.80"),
        (amount_text(Decimal("0.005")), "0.01"),
        (amount_text(Decimal("-0.004")), "0.00"),
        (amount_text(None), "—"),
        (rate_text(0.1225), "12.3\u00a0%"),
        (rate_text(0.0), "0.0\u00a0%"),
        (days_text(45.25), "45.3"),
    ],
)
def test_numbers_are_rounded_half_up(shown: str, expected: str) -> None:
    """Half to even, or a minus zero, differs from what anyone computes with a pencil."""
    assert shown == expected


def test_file_names_are_safe_and_never_meet() -> None:
    """Two customers in one file: the second's report would silently replace the first's."""
    ids = [
        "C1", "c1", "C/1", "C\\1", "C.1", "C 1", "C_1", "C1 ", "../C1", "..", ".", "", "index", "INDEX", "CON",
        "con", "客户1", "客户/1", "客户一" * 100, "客户一" * 101, "X" * 64, "X" * 65, "X" * 300, "C~1", "C%1",
        "C?1", "C#1", "C\n1", "é", "e\u0301", file_name("c1"), file_name("c1").upper(),
    ]  # fmt: skip
    names = [file_name(customer_id) for customer_id in ids]
    assert len({name.casefold() for name in names}) == len(ids)
    assert file_name("C1") == "C1"
    for name in names:
        assert not set(name) & set('/\\:*?"<>|.%#\n ')
        assert len(f"{name}.html".encode()) < 255
        assert name.casefold() != "index"


def test_odd_ids_are_written_beside_each_other_and_linked(tmp_path: Path) -> None:
    """A link that is not escaped as an address leads nowhere; an id with dots out of the folder."""
    odd = [replace(ZH, customer_id=customer_id) for customer_id in ("../客户 1", "c1", "C1")]
    paths = write(odd, tmp_path / "out")
    assert sorted(paths) == sorted((tmp_path / "out").iterdir())
    assert len(paths) == 7
    index = paths[0].read_text(encoding="utf-8")
    assert 'href="%E5%AE%A2%E6%88%B7_1~' in index


def test_an_overlong_id_stays_within_the_page(tmp_path: Path) -> None:
    """Typst breaks no word: the end of a long id would stand beyond the edge of the paper."""
    long_id = "ABCDEFGHIJ" * 12
    paths = write([replace(ZH, salesperson_id=long_id)], tmp_path / "out")
    printed = PdfReader(BytesIO(paths[2].read_bytes())).pages[0].extract_text()
    assert long_id not in printed
    assert long_id in squeezed(printed)


def test_index_goes_by_status_then_exposure(tmp_path: Path) -> None:
    """The customer who owes most under the worst status must not stand on the last page."""
    wanted = [
        ("S2", "suspend_supply", 20), ("S1", "suspend_supply", 10), ("S0", "suspend_supply", None),
        ("H1", "hold_new_orders", 9000), ("W1", "watch", 5), ("K1", "clear", 7), ("N1", None, 99999),
    ]  # fmt: skip
    reports = [
        replace(ZH, customer_id=customer_id, customer_name=None, credit_status=status,
                exposure=None if exposure is None else Decimal(exposure))
        for customer_id, status, exposure in wanted
    ]  # fmt: skip
    paths = write(reversed(reports), tmp_path / "out")
    order = [customer_id for customer_id, _, _ in wanted]
    assert [path.stem for path in paths[1::2]] == order
    index = paths[0].read_text(encoding="utf-8")
    places = [index.index(f'href="{customer_id}.html">') for customer_id in order]
    assert places == sorted(places)
    for text in ("暂时停止供货", "CNY 9,000.00", "CNY 556,789.55", '">2</td>'):
        assert text in index


@pytest.mark.parametrize(("language", "word"), [("zh", "没有需要"), ("en", "No customer needs")])
def test_a_month_without_reports_says_so(language: str, word: str, tmp_path: Path) -> None:
    """No folder at all, or last month's, looks like a run that failed."""
    folder = tmp_path / "2024-06"
    write([ZH], folder)
    paths = write([], folder, language=language)  # type: ignore[arg-type]
    assert list(folder.iterdir()) == paths == [folder / "index.html"]
    text = paths[0].read_text(encoding="utf-8")
    assert word in text
    assert "2024-06" in text


@pytest.mark.parametrize("exchange", [True, False])
def test_a_failed_run_leaves_the_old_folder_whole(
    exchange: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder half of the old month's files and half of the new one's would be signed."""
    if not exchange:
        monkeypatch.setattr(swap, "_exchange", lambda *_: False)
    folder = tmp_path / "out"
    before = digest(write([ZH, EN], folder))
    monkeypatch.setattr(credit_report, "form", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write([EN], folder)
    assert digest(folder.iterdir()) == before
    monkeypatch.undo()
    if not exchange:
        monkeypatch.setattr(swap, "_exchange", lambda *_: False)
    written = write([EN], folder)
    assert sorted(folder.iterdir()) == sorted(written)
    assert list(tmp_path.iterdir()) == [folder]


def test_a_killed_run_leaves_the_old_folder_whole(tmp_path: Path) -> None:
    """A process that is killed cleans nothing up: what it had begun must not be where readers look."""
    folder = tmp_path / "out"
    before = digest(write([ZH], folder))
    program = (
        "import os, sys; from pathlib import Path; from pipelines.documents.swap import swapped_in\n"
        "with swapped_in(Path(sys.argv[1])) as building:\n"
        "    (building / 'index.html').write_text('half'); os._exit(9)"
    )
    killed = subprocess.run(
        [sys.executable, "-B", "-c", program, str(folder)], check=False, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}
    )  # fmt: skip
    assert killed.returncode == 9
    assert digest(folder.iterdir()) == before


def test_a_customer_twice_is_refused(tmp_path: Path) -> None:
    """The second report of a customer would replace the first."""
    with pytest.raises(PublishError, match="C0001 comes twice"):
        write([ZH, ZH], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_unknown_language_is_refused(tmp_path: Path) -> None:
    """An unknown language must not become one of the two by chance."""
    with pytest.raises(PublishError, match="'fr' is not known; allowed are zh, en"):
        write([replace(ZH, language="fr")], tmp_path / "out")  # type: ignore[arg-type]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A file where the folder should be: the error must say what still stands."""
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(PublishError, match=r"taken.*could not be written"):
        write([ZH], tmp_path / "taken" / "out")


def test_the_mistake_in_a_template_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever edits a template must be told which one is wrong, and must not lose the old reports."""
    broken = tmp_path / "credit_report.typ"
    broken.write_text("#nonsense")
    monkeypatch.setattr(pdf, "TEMPLATE", broken)
    with pytest.raises(PublishError, match=r"credit_report\.typ.*unknown variable: nonsense"):
        write([ZH], tmp_path / "out")
    monkeypatch.undo()
    (tmp_path / "index.html.jinja").write_text("line\n{% if %}")
    monkeypatch.setattr(credit_report, "TEMPLATES", tmp_path)
    with pytest.raises(PublishError, match=r"index\.html\.jinja, line 2"):
        write([ZH], tmp_path / "out")


def test_the_font_is_there_and_is_the_one_in_the_file(tmp_path: Path) -> None:
    """Without its font, a PDF shows a box for every Chinese character, and no error."""
    page = PdfReader(BytesIO(write([ZH], tmp_path / "out")[2].read_bytes())).pages[0]
    fonts = page["/Resources"]["/Font"].values()  # type: ignore[index]
    assert {font.get_object()["/BaseFont"].split("+")[1][:17] for font in fonts} == {
        "NotoSansCJKsc-Reg"
    }


def test_characters_without_a_sign_are_told() -> None:
    """A name in a script that the font lacks would be a row of boxes that nobody was warned of."""
    odd = replace(ZH, customer_name="张𠮷 ñ 김 😀")
    (told,) = credit_report.unprintable([ZH, odd])
    assert "C0001" in told
    assert "U+1F600" in told
    assert told.count("U+") == 1


def test_a_report_that_did_not_change_keeps_its_pdf(tmp_path: Path) -> None:
    """Setting every PDF anew each night costs hours at a large company; keeping one that changed shows old numbers."""
    folder = tmp_path / "out"
    write([ZH, EN], folder)
    kept = b"%PDF kept"
    for name in (ZH.customer_id, EN.customer_id):
        (folder / f"{name}.pdf").write_bytes(kept)
    write([ZH, replace(EN, exposure=Decimal(1))], folder)
    assert (folder / f"{ZH.customer_id}.pdf").read_bytes() == kept
    assert (folder / "E1.pdf").read_bytes() != kept
