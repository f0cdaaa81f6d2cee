"""Makes the shop's example data from one seed: three months of a small online shop.

What is wrong in the data, and how often, is told in `README.md` beside this file.
"""

import hashlib
import math
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from include.data.dice import Dice
from include.retail.clickstream import Click
from include.retail.customers import Customer
from include.retail.deliveries import DeliveryLine
from include.retail.orders import Order, newest_orders
from include.retail.products import Product, Supplier
from include.retail.records import csv_text
from include.retail.reviews import Review

SEED = "online shop, first quarter of 2026"

FIRST_DAY = date(2026, 1, 1)
LAST_DAY = date(2026, 3, 31)
DRIFTED_MONTH = 3
DELIVERY_DAYS = tuple(date(2026, 1, number) for number in range(5, 10))
CORRUPT_DELIVERY = (date(2026, 1, 6), "lumen")

CUSTOMERS = 600
ORDERS = 3420
REVISED = 160
OUT_OF_ORDER = 40
REPEATED = 24
LATE = 90
WITHOUT_COUNTRY = 72
CUSTOMERS_WITHOUT_BIRTH_YEAR = 60
REVIEWS = 500
SESSIONS = 1090

COUNTRIES = {"DE": 30, "FR": 16, "NL": 12, "AT": 11, "IT": 10, "ES": 9, "PL": 7, "SE": 5}
FIRST_NAMES = (
    "Ada Alba Amélie Anton Bruno Carla Clara Daniel Elena Elif Emil Emma Erik Fabio Felix Freja "
    "Greta Hanna Hugo Ida Ines Jakub Jan Jonas Julia Karl Lars Lea Lena Léo Lina Louis Lucia "
    "Luuk Maja Marco Marta Mia Mila Nina Noah Nora Olga Oskar Pablo Paul Petra Rosa Sara Sofia "
    "Stefan Sven Tess Theo Tomasz Vera Viktor Wim Yara Zoé"
)
LAST_NAMES = (
    "Andersson Bakker Bauer Becker Bernard Bianchi Bos Braun Colombo Conti Costa Dekker Dubois "
    "Durand Eriksson Fischer Fontana Garcia Gruber Haas Hofer Huber Jansen Kaminski Keller "
    "Klein Koch Kowalski Krüger Lambert Lang Larsson Lopez Maier Marino Martin Mayer Meijer "
    "Moreau Moser Müller Navarro Nilsson Nowak Petit Pichler Ricci Richter Romano Roux Ruiz "
    "Schmidt Serra Smit Steiner Torres Vidal Visser Wagner Weber Winkler Wolf Zielinski"
)
ASCII = str.maketrans({"é": "e", "ü": "ue", "É": "E"})

SUPPLIERS = (
    Supplier("bergmann", "Bergmann Haushalt", "DE", "orders@bergmann.example.com"),
    Supplier("casaviva", "Casa Viva", "IT", "orders@casaviva.example.com"),
    Supplier("duinzicht", "Duinzicht Textiel", "NL", "orders@duinzicht.example.com"),
    Supplier("lumen", "Lumen Éclairage", "FR", "orders@lumen.example.com"),
    Supplier("nordlys", "Nordlys Design", "SE", "orders@nordlys.example.com"),
    Supplier("papirus", "Papirus Biuro", "PL", "orders@papirus.example.com"),
    Supplier("terraza", "Terraza y Jardín", "ES", "orders@terraza.example.com"),
    Supplier("wiesel", "Wiesel Sport", "AT", "orders@wiesel.example.com"),
)
DELIVERING = ("bergmann", "casaviva", "lumen", "nordlys", "wiesel")


class Range(NamedTuple):
    """What one supplier sells: a category, its cheapest and dearest price in EUR, the names."""

    category: str
    cheapest: int
    dearest: int
    names: str


RANGES = {
    "bergmann": Range(
        "kitchen",
        6,
        80,
        "Bread knife,Cast iron pan,Kettle,Cutting board,Mixing bowl,Peeler,Pepper mill,Saucepan,"
        "Scale,Whisk",
    ),
    "casaviva": Range(
        "coffee",
        5,
        160,
        "Coffee beans,Coffee filter,Cup set,Espresso maker,Grinder,Milk frother,Moka pot,"
        "Tamper,Thermos,Travel mug",
    ),
    "duinzicht": Range(
        "textiles",
        8,
        90,
        "Apron,Bath towel,Bed linen,Blanket,Cushion,Hand towel,Kitchen towel,Napkins,Rug,"
        "Tablecloth",
    ),
    "lumen": Range(
        "lighting",
        4,
        140,
        "Bedside lamp,Bulb,Candle holder,Ceiling lamp,Desk lamp,Fairy lights,Floor lamp,"
        "Lantern,Night light,Torch",
    ),
    "nordlys": Range(
        "decoration",
        7,
        120,
        "Basket,Bookend,Candle,Clock,Mirror,Picture frame,Plant pot,Tray,Vase,Wall hook",
    ),
    "papirus": Range(
        "office",
        3,
        45,
        "Calendar,Desk pad,File box,Fountain pen,Ink,Notebook,Paper clips,Pencil set,Stapler,"
        "Writing paper",
    ),
    "terraza": Range(
        "garden",
        5,
        130,
        "Bird feeder,Flower seeds,Garden hose,Gloves,Hammock,Parasol,Pruner,Rake,Trowel,"
        "Watering can",
    ),
    "wiesel": Range(
        "sport",
        6,
        110,
        "Backpack,Bottle,Dumbbell,Head band,Jump rope,Resistance band,Running belt,Tent,"
        "Towel,Yoga mat",
    ),
}

USUAL_QUANTITY = {1: 62, 2: 24, 3: 9, 4: 5}
DRIFTED_QUANTITY = {1: 34, 2: 30, 3: 21, 4: 15}
USUAL_CHANNEL = {"web": 60, "app": 25, "marketplace": 15}
DRIFTED_CHANNEL = {"web": 38, "app": 50, "marketplace": 12}
FIRST_STATUS = {"shipped": 64, "paid": 30, "cancelled": 6}
LATER_STATUS = {"delivered": 60, "returned": 25, "cancelled": 15}
# How many orders fall into each hour of the day, from 0 to 23.
HOURS = dict(
    enumerate((1, 1, 1, 1, 1, 2, 4, 6, 8, 9, 10, 10, 11, 10, 9, 9, 9, 10, 12, 14, 15, 12, 7, 3))
)
# How many orders fall on each weekday, from Monday to Sunday.
WEEKDAYS = (10, 9, 9, 10, 12, 15, 14)

COMMENTS = {
    1: ("Broke after one day.", "Arrived damaged, nobody answers.", "Not what the picture shows."),
    2: ("Weaker than I had hoped.", "Late, and the box was open.", "Too dear for what it is."),
    3: ("Does what it should.", "Fine, but the colour differs.", "Average, I have seen better."),
    4: ("Good, I use it daily.", "Well made, slow delivery.", "Nice, would buy it again."),
    5: ("Lovely, a present for my sister.", "Perfect in every way.", "Best that I have owned."),
}
NEXT_PAGE = {
    "home": {"category": 45, "search": 35, "leave": 20},
    "search": {"product": 65, "search": 15, "leave": 20},
    "category": {"product": 65, "category": 15, "leave": 20},
    "product": {"product": 25, "category": 15, "cart": 30, "leave": 30},
    "cart": {"checkout": 50, "product": 20, "leave": 30},
    "checkout": {"thanks": 70, "leave": 30},
    "thanks": {"leave": 100},
}


def seed_files() -> dict[str, bytes]:
    """Return every seed file's content by its path below the seeds folder; the same each time."""
    people = _people(Dice(f"{SEED}: people"))
    products = _products(Dice(f"{SEED}: products"))
    versions = _order_versions(Dice(f"{SEED}: orders"), people, products)
    newest = newest_orders(versions)
    texts = {
        "customers.csv": csv_text(
            Customer._fields, _with_behaviour(Dice(f"{SEED}: behaviour"), people, newest)
        ),
        "products.csv": csv_text(Product._fields, products),
        "suppliers.csv": csv_text(Supplier._fields, SUPPLIERS),
        "orders.csv": csv_text(Order._fields, versions),
        "reviews.csv": csv_text(Review._fields, _reviews(Dice(f"{SEED}: reviews"), newest)),
        "clickstream.csv": csv_text(Click._fields, _clicks(Dice(f"{SEED}: clicks"), people)),
    } | _deliveries(Dice(f"{SEED}: deliveries"), products)
    return {path: text.encode() for path, text in texts.items()}


def write_seeds(folder: Path) -> list[Path]:
    """Write every seed file below `folder`; return the paths."""
    paths = []
    for name, content in seed_files().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        paths.append(path)
    return paths


def _people(dice: Dice) -> list[Customer]:
    """Make customers whose behaviour is not known yet."""
    nameless = set(dice.sample(range(1, CUSTOMERS + 1), CUSTOMERS_WITHOUT_BIRTH_YEAR))
    people = []
    for number in range(1, CUSTOMERS + 1):
        first, last = dice.pick(FIRST_NAMES.split()), dice.pick(LAST_NAMES.split())
        birth_year = dice.between(1948, 1990) + dice.between(0, 16)
        people.append(
            Customer(
                customer_id=number,
                name=f"{first} {last}",
                email=f"{first}.{last}.{number}@example.com".translate(ASCII).lower(),
                country=dice.weighted(COUNTRIES),
                signed_up=date(2023, 1, 1) + timedelta(days=dice.between(0, 1150)),
                birth_year=None if number in nameless else birth_year,
                newsletter=dice.chance(45),
                orders_last_90d=0,
                days_since_last_order=0,
                support_tickets=dice.weighted({0: 52, 1: 24, 2: 13, 3: 7, 4: 3, 5: 1}),
                avg_basket=Decimal("0.00"),
                churned=False,
            )
        )
    return people


def _products(dice: Dice) -> list[Product]:
    products: list[Product] = []
    for supplier in SUPPLIERS:
        offer = RANGES[supplier.supplier_id]
        for name in offer.names.split(","):
            number = len(products) + 1
            # Two throws make dear products rarer than cheap ones; prices end in 90 cents.
            spread = offer.dearest - offer.cheapest
            euros = offer.cheapest + min(dice.between(0, spread), dice.between(0, spread))
            products.append(
                Product(
                    product_id=number,
                    sku=f"SKU-{1000 + number}",
                    name=name,
                    category=offer.category,
                    price=Decimal(f"{euros}.90"),
                    supplier_id=supplier.supplier_id,
                    stock=dice.weighted({0: 5, dice.between(1, 20): 25, dice.between(21, 240): 70}),
                )
            )
    return products


def _moment(dice: Dice, day: date) -> datetime:
    at = time(dice.weighted(HOURS), dice.between(0, 59), dice.between(0, 59), tzinfo=UTC)
    return datetime.combine(day, at)


def _order_versions(dice: Dice, people: list[Customer], products: list[Product]) -> list[Order]:
    """Make the order file: rows as they were recorded, with every fault that `README.md` lists."""
    firsts = _first_versions(dice, people, products)
    chosen = dice.sample(range(len(firsts)), REVISED + LATE + WITHOUT_COUNTRY)
    revised, late, nowhere = (
        chosen[:REVISED],
        chosen[REVISED : REVISED + LATE],
        chosen[REVISED + LATE :],
    )
    for index in late:
        order = firsts[index]
        delay = timedelta(days=dice.between(2, 6), minutes=dice.between(0, 600))
        firsts[index] = order._replace(updated_at=order.ordered_at + delay)
    for index in nowhere:
        firsts[index] = firsts[index]._replace(country=None)

    prices = {product.product_id: product.price for product in products}
    revisions = [_revision(dice, firsts[index], prices) for index in revised]
    rows = sorted(firsts + revisions, key=lambda order: (order.updated_at, order.order_id))

    for revision in dice.sample(revisions, OUT_OF_ORDER):
        before, after = (
            index for index, order in enumerate(rows) if order.order_id == revision.order_id
        )
        rows[before], rows[after] = rows[after], rows[before]
    for order in dice.sample(rows, REPEATED):
        rows.insert(rows.index(order) + dice.between(1, 5), order)
    return rows


def _first_versions(dice: Dice, people: list[Customer], products: list[Product]) -> list[Order]:
    """Make one clean version of every order, in the order in which they were placed."""
    leaves = {
        person.customer_id: FIRST_DAY + timedelta(days=dice.between(0, 89))
        for person in people
        if dice.chance(30)
    }
    activity = {person: dice.weighted({1: 25, 3: 30, 6: 25, 12: 15, 25: 5}) for person in people}
    popularity = {product: dice.weighted({1: 30, 3: 40, 8: 30}) for product in products}
    days = [FIRST_DAY + timedelta(days=number) for number in range((LAST_DAY - FIRST_DAY).days + 1)]
    demand = {day: WEEKDAYS[day.weekday()] for day in days}

    placed = []
    for day in sorted(dice.weighted(demand) for _ in range(ORDERS)):
        buyer = dice.weighted(activity)
        while buyer.signed_up > day or leaves.get(buyer.customer_id, LAST_DAY) < day:
            buyer = dice.weighted(activity)
        placed.append((_moment(dice, day), buyer))

    orders = []
    for number, (ordered_at, buyer) in enumerate(sorted(placed, key=lambda at: at[0]), 10001):
        drifted = ordered_at.month == DRIFTED_MONTH
        product = dice.weighted(popularity)
        quantity = dice.weighted(DRIFTED_QUANTITY if drifted else USUAL_QUANTITY)
        orders.append(
            Order(
                order_id=number,
                customer_id=buyer.customer_id,
                product_id=product.product_id,
                quantity=quantity,
                amount=product.price * quantity,
                country=buyer.country,
                status=dice.weighted(FIRST_STATUS),
                channel=dice.weighted(DRIFTED_CHANNEL if drifted else USUAL_CHANNEL),
                ordered_at=ordered_at,
                updated_at=ordered_at + timedelta(minutes=dice.between(2, 1200)),
            )
        )
    return orders


def _revision(dice: Dice, order: Order, prices: dict[int, Decimal]) -> Order:
    """Return a later version of an order: a new status, sometimes another quantity."""
    quantity = dice.between(1, 4) if dice.chance(33) else order.quantity
    return order._replace(
        quantity=quantity,
        amount=prices[order.product_id] * quantity,
        status=dice.weighted(LATER_STATUS),
        updated_at=order.updated_at + timedelta(minutes=dice.between(1500, 6000)),
    )


def _with_behaviour(dice: Dice, people: list[Customer], orders: list[Order]) -> list[Customer]:
    """Fill in what the orders tell about each customer, and draw who leaves from it."""
    orders_of: defaultdict[int, list[Order]] = defaultdict(list)
    for order in orders:
        orders_of[order.customer_id].append(order)
    return [_judged(dice, person, orders_of[person.customer_id]) for person in people]


def _judged(dice: Dice, person: Customer, orders: list[Order]) -> Customer:
    if orders:
        cents = sum(int(order.amount * 100) for order in orders) // len(orders)
        idle = (LAST_DAY - max(order.ordered_at.date() for order in orders)).days
    else:
        cents = 0
        # The last order was before the file begins, but not before the customer signed up.
        longest = max((LAST_DAY - person.signed_up).days, 0)
        idle = min(90 + dice.between(0, 180), longest)
    leaning = (
        -1.2
        + 0.018 * min(idle, 120)
        + 0.5 * person.support_tickets
        - 0.1 * min(len(orders), 12)
        - 0.004 * cents / 100
        - (0.5 if person.newsletter else 0.0)
    )
    return person._replace(
        orders_last_90d=len(orders),
        days_since_last_order=idle,
        avg_basket=Decimal(f"{cents // 100}.{cents % 100:02d}"),
        churned=dice.share() < 1 / (1 + math.exp(-leaning)),
    )


def _reviews(dice: Dice, orders: list[Order]) -> list[Review]:
    """Let buyers review what they kept."""
    kept = [order for order in orders if order.status in ("shipped", "delivered")]
    written = [
        (
            order.ordered_at + timedelta(days=dice.between(3, 20), minutes=dice.between(0, 700)),
            order,
        )
        for order in dice.sample(kept, REVIEWS)
    ]
    written.sort(key=lambda review: review[0])
    reviews = []
    for number, (created_at, order) in enumerate(written, 1):
        rating = dice.weighted({1: 6, 2: 8, 3: 16, 4: 34, 5: 36})
        reviews.append(
            Review(
                review_id=number,
                product_id=order.product_id,
                customer_id=order.customer_id,
                rating=rating,
                comment=dice.pick(COMMENTS[rating]),
                created_at=created_at,
            )
        )
    return reviews


def _clicks(dice: Dice, people: list[Customer]) -> list[Click]:
    """Walk visitors through the shop, a bit more than half of them logged in."""
    visits = []
    for number in range(1, SESSIONS + 1):
        day = FIRST_DAY + timedelta(days=dice.between(0, (LAST_DAY - FIRST_DAY).days))
        visitor = dice.pick([person for person in people if person.signed_up <= day])
        customer_id = visitor.customer_id if dice.chance(55) else None
        at = _moment(dice, day)
        page = dice.weighted({"home": 60, "search": 15, "category": 10, "product": 15})
        while page != "leave":
            visits.append((at, f"s{number:04d}", customer_id, page))
            page = dice.weighted(NEXT_PAGE[page])
            at += timedelta(seconds=dice.between(4, 180))
    visits.sort(key=lambda visit: visit[:2])
    return [
        Click(number, session_id, customer_id, page, at)
        for number, (at, session_id, customer_id, page) in enumerate(visits, 1)
    ]


def _deliveries(dice: Dice, products: list[Product]) -> dict[str, str]:
    """Make the suppliers' files, a checksum list for each day, and one spoiled file apart."""
    texts: dict[str, str] = {}
    for day in DELIVERY_DAYS:
        names = {}
        for supplier_id in DELIVERING:
            lines = _delivery(dice, day, [p for p in products if p.supplier_id == supplier_id])
            names[f"{supplier_id}.csv"] = csv_text(DeliveryLine._fields, lines)
        names["SHA256SUMS"] = "".join(
            f"{hashlib.sha256(text.encode()).hexdigest()}  {name}\n" for name, text in names.items()
        )
        texts |= {f"deliveries/{day}/{name}": text for name, text in names.items()}
    day, supplier_id = CORRUPT_DELIVERY
    name = f"{day}/{supplier_id}.csv"
    texts[f"deliveries_corrupt/{name}"] = _spoiled(texts[f"deliveries/{name}"])
    return texts


def _delivery(dice: Dice, day: date, products: Iterable[Product]) -> list[DeliveryLine]:
    arrived = datetime.combine(day, time(dice.between(5, 9), dice.between(0, 59)), tzinfo=UTC)
    lines = []
    for product in products:
        if not dice.chance(75):
            continue
        cents = int(product.price * 100) * dice.between(52, 64) // 100
        cost = Decimal(f"{cents // 100}.{cents % 100:02d}")
        lines.append(DeliveryLine(product.sku, dice.between(1, 12) * 5, cost, arrived))
    return lines


def _spoiled(text: str) -> str:
    """Return a delivery with text for a number in its third line, and its end cut off."""
    lines = text.splitlines(keepends=True)
    sku, _, cost, arrived = lines[2].split(",")
    lines[2] = ",".join([sku, "a dozen", cost, arrived])
    return "".join(lines)[:-14]
