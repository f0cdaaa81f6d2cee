-- The shop's tables. `shop` belongs to the seeds and is set back to them by every load;
-- `marts` belongs to the lessons, no load touches it.

CREATE SCHEMA IF NOT EXISTS shop;
CREATE SCHEMA IF NOT EXISTS marts;

CREATE TABLE IF NOT EXISTS shop.suppliers (
    supplier_id text PRIMARY KEY,
    name        text NOT NULL,
    country     text NOT NULL,
    email       text NOT NULL
);

CREATE TABLE IF NOT EXISTS shop.products (
    product_id  integer PRIMARY KEY,
    sku         text NOT NULL UNIQUE,
    name        text NOT NULL,
    category    text NOT NULL,
    price       numeric(10, 2) NOT NULL CHECK (price > 0),
    supplier_id text NOT NULL REFERENCES shop.suppliers,
    stock       integer NOT NULL CHECK (stock >= 0)
);

CREATE TABLE IF NOT EXISTS shop.customers (
    customer_id           integer PRIMARY KEY,
    name                  text NOT NULL,
    email                 text NOT NULL UNIQUE,
    country               text NOT NULL,
    signed_up             date NOT NULL,
    birth_year            integer,
    newsletter            boolean NOT NULL,
    orders_last_90d       integer NOT NULL,
    days_since_last_order integer NOT NULL,
    support_tickets       integer NOT NULL,
    avg_basket            numeric(10, 2) NOT NULL,
    churned               boolean NOT NULL
);

-- The newest version of each order.
CREATE TABLE IF NOT EXISTS shop.orders (
    order_id    integer PRIMARY KEY,
    customer_id integer NOT NULL REFERENCES shop.customers,
    product_id  integer NOT NULL REFERENCES shop.products,
    quantity    integer NOT NULL CHECK (quantity > 0),
    amount      numeric(10, 2) NOT NULL,
    country     text,
    status      text NOT NULL,
    channel     text NOT NULL,
    ordered_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL
);

-- Every version as it was recorded, faults included; `line` counts the file's rows from 1.
CREATE TABLE IF NOT EXISTS shop.order_versions (
    line        integer PRIMARY KEY,
    order_id    integer NOT NULL,
    customer_id integer NOT NULL,
    product_id  integer NOT NULL,
    quantity    integer NOT NULL,
    amount      numeric(10, 2) NOT NULL,
    country     text,
    status      text NOT NULL,
    channel     text NOT NULL,
    ordered_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL
);

CREATE TABLE IF NOT EXISTS shop.reviews (
    review_id   integer PRIMARY KEY,
    product_id  integer NOT NULL REFERENCES shop.products,
    customer_id integer NOT NULL REFERENCES shop.customers,
    rating      integer NOT NULL CHECK (rating BETWEEN 1 AND 5),
    comment     text NOT NULL,
    created_at  timestamptz NOT NULL
);

-- `customer_id` is empty while a visitor is not logged in.
CREATE TABLE IF NOT EXISTS shop.clickstream (
    event_id    integer PRIMARY KEY,
    session_id  text NOT NULL,
    customer_id integer REFERENCES shop.customers,
    page        text NOT NULL,
    at          timestamptz NOT NULL
);
