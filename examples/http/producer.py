"""A producer in Python that speaks HTTP to a Trans-Hub server, with nothing but the standard library.

    producer.py request ID TEXT LOCALE...   requests a text, waits for up to a minute, and prints a line a locale
    producer.py show ID LOCALE              prints the translation of the text that was requested under this id

TH_SERVER is the server's address, TH_TOKEN a token with the scopes request and read, TH_PROJECT the project (default: shop).
The exit code is 3 where a translation is not there yet.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

SOURCE_LOCALE = "en"
ATTEMPTS = 5


class Refused(Exception):
    """The server's answer to a wrong request: a problem of RFC 9457, with a code of docs/errors.md."""


class Client:
    def __init__(self, server, token, project):
        self._base = f"{server.rstrip('/')}/v1/projects/{urllib.parse.quote(project, safe='')}"
        self._token = token

    def request(self, items, target_locales):
        """Registers texts. Repeating it is harmless: a text that is registered is not registered again."""
        body = {"items": items, "sourceLocale": SOURCE_LOCALE, "targetLocales": target_locales}
        return self._post("/requests", body)

    def read(self, items, target_locale):
        """The stored translations, in the order of the items; None where there is none."""
        return self._post("/translations:read", {"items": items, "targetLocale": target_locale})["items"]

    def wait(self, items, target_locale, seconds):
        """As `read`, once all are settled or the time is up."""
        body = {"items": items, "targetLocale": target_locale}
        return self._post("/translations:wait", body, {"Prefer": f"wait={seconds}"}, timeout=seconds + 15)["items"]

    def _post(self, path, body, headers={}, timeout=30):
        # Texts stand in the body, never in the address: proxies write addresses into their logs.
        request = urllib.request.Request(
            self._base + path,
            data=json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self._token}", "Content-Type": "application/json", **headers},
            method="POST",
        )
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with urllib.request.urlopen(request, timeout=timeout) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                problem = _problem_of(error)
                # 429 and 503 say when to come again; every other refusal is final.
                if error.code not in (429, 503) or attempt == ATTEMPTS:
                    raise Refused(f"{error.code} {problem.get('code', '')}: {problem.get('title', error.reason)}") from error
                time.sleep(_seconds_of(error.headers.get("Retry-After"), attempt))
            except (urllib.error.URLError, TimeoutError):
                # The server may have registered the texts all the same, which the next attempt finds out.
                if attempt == ATTEMPTS:
                    raise
                time.sleep(_seconds_of(None, attempt))


def _seconds_of(retry_after, attempt):
    """The seconds that the server asks for, or else 0.5, 1, 2, 4."""
    return float(retry_after) if retry_after and retry_after.isdigit() else 2.0**attempt / 4


def _problem_of(error):
    try:
        return json.load(error)
    except ValueError:
        return {}


def main(command, *arguments):
    client = Client(os.environ["TH_SERVER"], os.environ["TH_TOKEN"], os.environ.get("TH_PROJECT", "shop"))
    if command == "request":
        business_id, text, *locales = arguments
        receipt = client.request([{"text": text, "businessId": business_id}], locales)
        for rejected in receipt.get("rejected", []):
            sys.exit(f"not registered: {rejected['code']} in {rejected['field']}")
        found = [client.wait([{"businessId": business_id}], locale, 60)[0] for locale in locales]
    elif command == "show":
        business_id, locale = arguments
        locales, found = [locale], client.read([{"businessId": business_id}], locale)
    else:
        sys.exit(__doc__)
    for locale, translation in zip(locales, found):
        print(locale, (translation and translation["text"]) or "-", sep="\t")
    if not all(translation and translation["text"] for translation in found):
        sys.exit(3)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:] or ["help"])
    except (Refused, urllib.error.URLError) as error:
        sys.exit(str(error))
