"""The demo company: a believable trading company, generated from a seed, dirty and late as in life."""

from pipelines.demo.write import write_demo

__all__ = ["write_demo"]
