"""Where the engine Spark runs: the section `spark`."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, model_validator

from pipelines.settings.section import Section

# What the meaning of the measures rests on: a sum that overflows fails, times and dates are as they are written, and a file of
# the log that is not there is no file without rows.
SPARK_MEANING = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    "spark.sql.files.ignoreMissingFiles": "false",
    "spark.sql.files.ignoreCorruptFiles": "false",
}


def _spark_key(name: str) -> str:
    if not name.startswith("spark.") or name in SPARK_MEANING:
        raise ValueError(f"a setting of Spark's (spark.*), except {', '.join(SPARK_MEANING)}")
    return name


class Spark(Section):
    """Where Spark runs: a master, or the URL of Spark Connect; neither: this process's own session, or its threads."""

    master: str | None = None
    """A master, such as `spark://host:7077` or `local[4]`."""
    remote: str | None = None
    """Spark Connect instead, such as `sc://host:15002`."""
    conf: dict[Annotated[str, AfterValidator(_spark_key)], str | bool | int | float] = {}
    """Any of Spark's own settings, `spark.…: value`."""

    @model_validator(mode="after")
    def _not_both(self) -> Spark:
        if self.master and self.remote:
            raise ValueError("master or remote, not both")
        return self

    @property
    def texts(self) -> dict[str, str]:
        """`conf` as Spark takes it."""
        return {
            name: str(value).lower() if isinstance(value, bool) else str(value)
            for name, value in self.conf.items()
        }
