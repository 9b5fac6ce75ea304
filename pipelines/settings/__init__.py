"""The settings file: one YAML, read into a model that says exactly what is allowed.

An error names the file, the key path, what was found and what is allowed; all errors are told at once.
"""

from pipelines.settings.file import load
from pipelines.settings.model import PRIVACY_KEY, Privacy, Settings
from pipelines.settings.policy import Credit, Policy
from pipelines.settings.secrets import secret, without_secrets
from pipelines.settings.sources import ColumnMapping, Source
from pipelines.settings.spark import SPARK_MEANING, Spark

__all__ = [
    "PRIVACY_KEY",
    "SPARK_MEANING",
    "ColumnMapping",
    "Credit",
    "Policy",
    "Privacy",
    "Settings",
    "Source",
    "Spark",
    "load",
    "secret",
    "without_secrets",
]
