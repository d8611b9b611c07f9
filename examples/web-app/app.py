"""A web shop that stores its products and their translated names itself.

    POST /products            {"sku": "mug", "name": "Blue mug"}: stores it and requests its name, in one transaction
    GET  /products/mug?locale=fr   its name in French, or as it was written while that is not translated
    POST /hooks               Trans-Hub's webhook: the names of this locale have changed

DATABASE_URL names the shop's database, which Trans-Hub shares; the shop's role needs EXECUTE on the functions of the schema
trans_hub. WEBHOOK_SECRET is the webhook's secret; two, with a comma between them, while it is rotated.
"""

import base64
import hashlib
import hmac
import json
import os
import time
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import psycopg2
from psycopg2.extras import Json, execute_values

PROJECT = "shop"
DEFAULTS = {"project": PROJECT, "sourceLocale": "en", "targetLocales": ["fr", "de"]}
SECRETS = [secret for secret in os.environ.get("WEBHOOK_SECRET", "").split(",") if secret]
TOLERANCE_SECONDS = 300
NAMES_AT_ONCE = 500

SCHEMA = """
create table if not exists product (sku text primary key, name text not null);
create table if not exists product_name (
  sku text not null references product on delete cascade, locale text not null, name text not null, primary key (sku, locale)
)
"""


def connect():
    return closing(psycopg2.connect(os.environ["DATABASE_URL"]))


def create_product(sku, name):
    """Both are there or neither is: the product, and the request for its translations."""
    item = {"text": name, "businessId": business_id(sku)}
    with connect() as connection, connection, connection.cursor() as cursor:
        cursor.execute("insert into product (sku, name) values (%s, %s)", (sku, name))
        # `enqueue` and not `request`: inside a transaction it locks nothing that others wait for.
        cursor.execute("select trans_hub.enqueue(%s, %s)", (Json([item]), Json(DEFAULTS)))
        (receipt,) = cursor.fetchone()
        if receipt["rejected"]:
            raise ValueError(receipt["rejected"][0]["message"])


def name_of(sku, locale):
    """Read from the shop's own table: a page waits for nobody."""
    with connect() as connection, connection, connection.cursor() as cursor:
        cursor.execute(
            "select coalesce(translated.name, product.name) from product"
            " left join product_name translated on translated.sku = product.sku and translated.locale = %s"
            " where product.sku = %s",
            (locale, sku),
        )
        found = cursor.fetchone()
    return found and found[0]


def take_names(locale):
    """Takes over the names of a locale. A message may come twice or late: the result is the same."""
    last = ""
    while True:
        with connect() as connection, connection, connection.cursor() as cursor:
            cursor.execute("select sku from product where sku > %s order by sku limit %s", (last, NAMES_AT_ONCE))
            skus = [sku for (sku,) in cursor.fetchall()]
            if not skus:
                return
            items = [{"businessId": business_id(sku), "project": PROJECT} for sku in skus]
            cursor.execute("select trans_hub.get_translations(%s, %s)", (Json(items), locale))
            (translations,) = cursor.fetchone()
            rows = [(sku, locale, each["text"]) for sku, each in zip(skus, translations) if each and each["text"]]
            if rows:
                execute_values(
                    cursor,
                    "insert into product_name (sku, locale, name) values %s"
                    " on conflict (sku, locale) do update set name = excluded.name",
                    rows,
                )
        last = skus[-1]


def business_id(sku):
    return f"product.{sku}.name"


def is_signed(headers, body):
    """As https://www.standardwebhooks.com has it."""
    message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > TOLERANCE_SECONDS:
        return False
    content = f"{message_id}.{timestamp}.".encode() + body
    given = [each.removeprefix("v1,") for each in headers.get("webhook-signature", "").split(" ")]
    for secret in SECRETS:
        key = base64.b64decode(secret.removeprefix("whsec_"))
        wanted = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
        if any(hmac.compare_digest(wanted, each) for each in given):
            return True
    return False


class Shop(BaseHTTPRequestHandler):
    def do_GET(self):
        url = urlsplit(self.path)
        sku = url.path.removeprefix("/products/")
        name = name_of(sku, parse_qs(url.query).get("locale", ["en"])[0])
        self.answer(404 if name is None else 200, {"sku": sku, "name": name})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.path == "/products":
            product = json.loads(body)
            create_product(product["sku"], product["name"])
            self.answer(201, product)
        elif self.path == "/hooks":
            self.hear(body)
        else:
            self.answer(404, {})

    def hear(self, body):
        if not is_signed(self.headers, body):
            return self.answer(401, {})
        message = json.loads(body)
        # Other types may come with later releases.
        if message["type"] in ("translations.settled", "feed.reset"):
            # Without a locale, it is about all: a product got another text, or the feed began anew after a restored backup.
            locale = message["data"].get("locale")
            # An error here is an answer of 500 or none, after which Trans-Hub sends the message again.
            for each in [locale] if locale else DEFAULTS["targetLocales"]:
                take_names(each)
        self.answer(200, {})

    def answer(self, status, body):
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        """The address of a request holds a product's number; it is no line of a log."""


def main():
    with connect() as connection, connection, connection.cursor() as cursor:
        cursor.execute(SCHEMA)
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "3000"))), Shop)
    print(f"Listening on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
