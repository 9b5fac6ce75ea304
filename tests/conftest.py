"""How all tests draw examples: the same ones every time, however slow the machine is."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "kehu", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("kehu")
