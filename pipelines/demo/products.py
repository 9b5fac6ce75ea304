"""What the demo company sells: categories that differ in margin and turnover, so that every quadrant has its products."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import date
    from random import Random

    from pipelines.demo.company import Company

COUNT = 120


class Category(NamedTuple):
    """Prices from and to, cost as a share of the price, months of stock, and the most that an order line takes."""

    name: str
    subcategories: tuple[str, ...]
    prices: tuple[int, int]
    cost: float
    months_of_stock: float
    most: int


CATEGORIES = (
    Category("办公耗材", ("硒鼓墨盒", "打印纸"), (20, 300), 0.55, 0.5, 20),
    Category("办公家具", ("桌椅", "文件柜"), (300, 3000), 0.60, 3.0, 4),
    Category("电子设备", ("打印机", "投影仪", "碎纸机"), (500, 8000), 0.85, 0.8, 3),
    Category("礼品文具", ("笔具", "本册"), (5, 80), 0.80, 4.0, 60),
)


class Product(NamedTuple):
    """A product as the generator knows it."""

    product_id: str
    category: Category
    list_price: float
    standard_cost: float


def register(company: Company, random: Random, day: date) -> list[Product]:
    """The register of products and its table of categories, delivered on `day`."""
    products = []
    for number in range(COUNT):
        category = CATEGORIES[number % len(CATEGORIES)]
        subcategory = category.subcategories[number % len(category.subcategories)]
        price = round(random.uniform(*category.prices), 2)
        cost = round(price * category.cost * random.uniform(0.9, 1.1), 2)
        product = Product(f"P{number + 1:04}", category, price, cost)
        row = {
            "product_id": product.product_id,
            "product_name": f"{subcategory}{number + 1:03}号",
            "category_id": number % len(CATEGORIES),
            "subcategory": subcategory,
            "unit": "件",
            "list_price": price,
            "standard_cost": cost,
        }
        company.add("products", day, row)
        products.append(product)
    for number, category in enumerate(CATEGORIES):
        company.add("categories", day, {"category_id": number, "category": category.name})
    return products
