"""The rules of the findings: what each entry promises."""

from __future__ import annotations

import pytest

from pipelines.settings import Policy
from schemas.catalogue import TABLES
from schemas.rules import RULES, SEVERITIES, SUBJECTS, TOPICS, Rule


@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
def test_a_rule_names_what_there_is(rule: Rule) -> None:
    """A topic, severity or kind of subject that no code list has would block the publication of a right finding."""
    assert rule.topic in {code for code, _, _ in TOPICS}
    assert set(rule.severities) <= {code for code, _, _ in SEVERITIES}
    assert not rule.subject or rule.subject in {code for code, _, _ in SUBJECTS}


@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
def test_the_setting_of_a_threshold_exists(rule: Rule) -> None:
    """A page that sends its reader to a setting which the file does not take."""
    for path in filter(None, rule.setting.split(", ")):
        value: object = Policy()
        for name in path.split(".")[1:]:
            value = getattr(value, name)
        assert path.startswith("policy.")


def test_rules_are_the_codes_of_the_table() -> None:
    """A rule without a label in dim_label shows as a bare code."""
    assert TABLES["rpt_finding"]["rule_id"].code_values == list(RULES)
