"""A shop in Python that requests and reads translations by SQL.

    shop.py create SKU NAME      creates a product, and requests its name in French and German
    shop.py show SKU LOCALE      prints its name in a locale, or as it was written while that is not translated

The database is the one that TH_DATABASE_URL names. Its role needs EXECUTE on the functions of the schema trans_hub, and no
right on its tables.
"""

import os
import sys
from contextlib import closing

import psycopg2
from psycopg2.extras import Json

DEFAULTS = {"project": "shop", "sourceLocale": "en", "targetLocales": ["fr", "de"]}


def create(connection, sku, name):
    """Stores the product and its request in one transaction: both are there or neither is."""
    item = {"text": name, "businessId": f"product.{sku}.name"}
    # `with connection` commits at its end, and rolls back when an error leaves it.
    with connection, connection.cursor() as cursor:
        cursor.execute("insert into product (sku, name) values (%s, %s)", (sku, name))
        # `enqueue` and not `request`: inside a transaction it locks nothing that others wait for.
        cursor.execute("select trans_hub.enqueue(%s, %s)", (Json([item]), Json(DEFAULTS)))
        (receipt,) = cursor.fetchone()
        if receipt["rejected"]:
            raise ValueError(receipt["rejected"][0]["message"])


def show(connection, sku, locale):
    """The product's name in a locale."""
    item = {"businessId": f"product.{sku}.name", "project": "shop"}
    with connection, connection.cursor() as cursor:
        cursor.execute("select name from product where sku = %s", (sku,))
        (name,) = cursor.fetchone()
        cursor.execute("select trans_hub.get_translations(%s, %s)", (Json([item]), locale))
        ((translation,),) = cursor.fetchone()
        return (translation and translation["text"]) or name


def main(command, *arguments):
    with closing(psycopg2.connect(os.environ["TH_DATABASE_URL"])) as connection:
        with connection, connection.cursor() as cursor:
            cursor.execute("create table if not exists product (sku text primary key, name text not null)")
        if command == "create":
            create(connection, *arguments)
        elif command == "show":
            print(show(connection, *arguments))
        else:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(*sys.argv[1:] or ["help"])
