"""Rollups: what several reports share, summed once."""

from assets.rollups import members, sales

ROLLUP_ASSETS = [*members.ASSETS, *sales.ASSETS]
