"""The written credit report (定期书面客户信用调查报告): one document a customer, as HTML and PDF, with an index."""

from __future__ import annotations

import hashlib
import shutil
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.documents import pdf
from pipelines.documents.form import STATUSES, form, rank
from pipelines.documents.labels import LANGUAGES, Language, code, words
from pipelines.documents.names import file_name
from pipelines.documents.numbers import amount_text, date_text
from pipelines.documents.swap import swapped_in
from pipelines.errors import PublishError
from pipelines.templates import environment

if TYPE_CHECKING:
    from collections.abc import Iterable

    import jinja2

    from pipelines.documents.report import CreditReport

TEMPLATES = Path(__file__).parent / "templates"


def write(
    reports: Iterable[CreditReport], folder: Path, *, language: Language = "zh"
) -> list[Path]:
    """Write every report as `<customer>.html` and `.pdf`, and `index.html`; the folder is swapped in whole.

    A report whose HTML is what the folder holds already keeps its PDF: a night costs what changed.

    Returns the files that were written, the index first, then the reports in its order: worst status first, then
    largest exposure. `language` is the index's when there is no report to take it from.

    Raises:
        PublishError: nothing was swapped in; the folder of before still stands.
    """
    import jinja2

    ordered = sorted(_checked(list(reports)), key=_urgency)
    try:
        with swapped_in(folder) as building:
            names = _write_all(
                ordered, building, ordered[0].language if ordered else language, folder
            )
    except OSError as error:
        raise PublishError(
            f"{folder}: the credit reports could not be written ({error}). "
            "Those of before still stand; free the place and run again."
        ) from error
    except jinja2.TemplateError as error:
        raise PublishError(f"{_place(error)}: the template is wrong: {error}") from error
    return [folder / name for name in names]


def unprintable(reports: Iterable[CreditReport]) -> list[str]:
    """One sentence for each report with characters that the PDF's font lacks; usually empty."""
    return [
        f"Customer {report.customer_id}: the PDF may show boxes for {' '.join(lacking)} "
        f"({', '.join(f'U+{ord(sign):04X}' for sign in lacking)}); the HTML file is right."
        for report in reports
        if (lacking := pdf.unprintable(_all_text(report)))
    ]


def _write_all(
    reports: list[CreditReport], building: Path, language: Language, folder: Path
) -> list[str]:
    """Write all files of the folder; returns their names, the index first."""
    templates = environment(TEMPLATES)
    print_pdf = pdf.printer()
    edition = _edition()
    names = ["index.html"]
    _save(building / "index.html", _index(reports, language, folder, templates))
    for report in reports:
        name = file_name(report.customer_id)
        texts = _with_charts(form(report) | {"edition": edition}, templates)
        html = _html("credit_report.html.jinja", texts, templates)
        _save(building / f"{name}.html", html)
        target, before = building / f"{name}.pdf", folder / f"{name}.pdf"
        if before.is_file() and _holds(before.with_suffix(".html"), html):
            shutil.copyfile(before, target)
        else:
            target.write_bytes(print_pdf(texts, report.as_of))
        names += [f"{name}.html", f"{name}.pdf"]
    return names


def _edition() -> str:
    """What the documents look like: a digest of the templates and of what sets the PDF."""
    made_by = hashlib.sha256(version("typst").encode())
    for path in sorted(filter(Path.is_file, TEMPLATES.iterdir())):
        made_by.update(path.read_bytes())
    return made_by.hexdigest()[:12]


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


def _with_charts(texts: dict[str, Any], templates: jinja2.Environment) -> dict[str, Any]:
    """The form with its charts drawn: the same SVG goes into the HTML and the PDF."""
    bar = templates.get_template("ageing.svg.jinja")
    bars = [bar.render(bar=marks, at=at).strip() for at, marks in enumerate(texts["ageing_bars"])]
    dso = templates.get_template("dso.svg.jinja").render(texts).strip()
    return texts | {"ageing_svgs": bars, "dso_svg": dso}


def _html(template: str, texts: dict[str, Any], templates: jinja2.Environment) -> str:
    return templates.get_template(template).render(texts)


def _index(
    reports: list[CreditReport], language: Language, folder: Path, templates: jinja2.Environment
) -> str:
    fixed = words(language)
    count = fixed["count_one"] if len(reports) == 1 else fixed["count"].format(count=len(reports))
    texts = {
        "words": fixed,
        "company": reports[0].company if reports else "",
        # Without a report, the folder's name tells which month it is.
        "as_of": date_text(reports[0].as_of) if reports else folder.name,
        "count": count,
        "rows": [_index_row(report) for report in reports],
    }
    return _html("index.html.jinja", texts, templates)


def _index_row(report: CreditReport) -> dict[str, str]:
    return {
        "file": file_name(report.customer_id),
        "customer": report.customer_name or report.customer_id,
        "customer_id": report.customer_id if report.customer_name else "",
        "status": code("credit_status", report.credit_status, report.language),
        "status_code": report.credit_status or "",
        "exposure": _with_currency(report.exposure, report.currency),
        "overdue": _with_currency(report.overdue_amount, report.currency),
        "findings": str(len(report.findings)),
    }


def _with_currency(amount: Decimal | None, currency: str) -> str:
    return amount_text(amount) if amount is None else f"{currency} {amount_text(amount)}"


def _checked(reports: list[CreditReport]) -> list[CreditReport]:
    """The same reports, each customer's once and in a known language.

    Raises:
        PublishError: a customer comes twice, or the language is not known.
    """
    seen: set[str] = set()
    for report in reports:
        if report.customer_id in seen:
            raise PublishError(
                f"credit reports: customer {report.customer_id} comes twice; one report a customer is allowed"
            )
        if report.language not in LANGUAGES:
            raise PublishError(
                f"credit reports: customer {report.customer_id}: language {report.language!r} is not known; "
                f"allowed are {', '.join(LANGUAGES)}"
            )
        seen.add(report.customer_id)
    return reports


def _urgency(report: CreditReport) -> tuple[int, bool, Decimal, str]:
    """Sort key: worst status first, then largest exposure, unknown exposure last."""
    exposure = report.exposure
    return (
        rank(STATUSES, report.credit_status),
        exposure is None,
        -(exposure if exposure is not None else Decimal(0)),
        report.customer_id,
    )


def _all_text(report: CreditReport) -> str:
    own = (report.company, report.customer_id, report.customer_name, report.nature, report.region)
    found = [report.industry, report.salesperson_id, *own]
    for finding in report.findings:
        found += [finding.sentence, finding.remedy, finding.evidence]
    for change in report.changes:
        found += [change.label, change.before, change.after]
    return "".join(text for text in found if text)


def _place(error: jinja2.TemplateError) -> str:
    """The template and line of a syntax error; else the folder of the templates."""
    name, line = getattr(error, "filename", None), getattr(error, "lineno", None)
    return f"{name}, line {line}" if name and line else str(TEMPLATES)


def _save(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
