"""Rollups: what several reports share, summed once."""

from assets.rollups import credit, members, sales, visits

ROLLUP_ASSETS = [*members.ASSETS, *sales.ASSETS, *credit.ASSETS, *visits.ASSETS]
