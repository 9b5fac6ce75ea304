"""`make bench`: the benchmarks one after the other, each one a table that is printed and kept in `benchmarks/results`.

python -m benchmarks                                      all of them but the driver's
python -m benchmarks sales 1000000 --format csv           order lines
python -m benchmarks service 100000                       customers
python -m benchmarks night 20000                          customers
python -m benchmarks driver 100000 1000000                order lines, by Spark on a cluster of two workers with 4 GiB each
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import driver, night, sales, service
from benchmarks.generate import FORMATS, Company

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from benchmarks.table import Table

_SIZES = {
    "sales": sales.SIZES,
    "service": (service.CUSTOMERS,),
    "night": (night.CUSTOMERS,),
    "driver": driver.SIZES,
}


def tables(which: str, sizes: Iterable[int], ending: str, folder: Path) -> Iterator[Table]:
    """The tables of one benchmark, each as soon as it is there; what one of them wrote goes before the next."""
    smaller = None
    for size in sizes:
        if which == "sales":
            smaller = sales.beside_the_peers(Company(folder / "sales", size, ending), smaller)
            yield smaller
        elif which == "driver":
            smaller = driver.on_a_cluster(Company(folder / "driver", size), smaller)
            yield smaller
        else:
            yield (service.beside_the_peer if which == "service" else night.nights)(folder, size)
        for company in folder.iterdir():
            shutil.rmtree(company)
    if which == "sales" and (real := sales.adventureworks(folder / "adventureworks")):
        yield real


def main() -> None:
    """All benchmarks, or the one that is named, of the sizes given."""
    parser = ArgumentParser("benchmarks", description=__doc__, formatter_class=RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("which", nargs="?", choices=_SIZES, help="one of them; none: all")
    parser.add_argument("sizes", nargs="*", type=int, help="order lines, or customers")
    parser.add_argument("--format", choices=FORMATS, default="parquet", help="of the sales deliveries")  # fmt: skip
    given = parser.parse_args()
    wrong = []
    for which in [given.which] if given.which else ("sales", "service", "night"):
        sizes = given.sizes or _SIZES[which]
        with tempfile.TemporaryDirectory(prefix="kehu-bench-") as name:
            for table in tables(which, sizes, given.format, Path(name)):
                table.keep()
                wrong += table.wrong or []
    sys.exit(f"the two sides do not agree on {', '.join(wrong)}" if wrong else 0)


if __name__ == "__main__":
    main()
