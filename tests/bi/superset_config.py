"""The settings of the Superset that tests start; where its own database lies and its secret come from the environment."""

import os

SECRET_KEY = os.environ["KEHU_TEST_SECRET"]
SQLALCHEMY_DATABASE_URI = os.environ["KEHU_TEST_METADATA"]
LANGUAGES = {
    "zh": {"flag": "cn", "name": "Chinese"},
    "en": {"flag": "us", "name": "English"},
}
TALISMAN_ENABLED = False
RATELIMIT_ENABLED = False
