/** Messages of a locale, from the export of Trans-Hub. Next caches the answer under a tag until a webhook renews it. */

export interface MessagesOptions {
  /** Of `trans-hub serve`. */
  server: string;
  project: string;
  /** With the scope `export`. A public export needs none. */
  token?: string | undefined;
  /** Next's own `fetch` takes `next`; it is the global one in a server component. */
  fetch?: typeof globalThis.fetch;
}

/** Nested, as next-intl takes them. */
export interface Messages {
  [key: string]: string | Messages;
}

/** Of the messages of a locale; undefined: of all locales. */
export function tagOf(locale: string | undefined): string {
  return locale === undefined ? "trans-hub" : `trans-hub:${locale}`;
}

/** The messages of `fr-CA` hold texts of `fr`, too: they are renewed with either. */
function tagsOf(locale: string): string[] {
  const parts = locale.split("-");
  return [tagOf(undefined), ...parts.map((_, at) => tagOf(parts.slice(0, at + 1).join("-")))];
}

export async function loadMessages(locale: string, options: MessagesOptions): Promise<Messages> {
  const { server, project, token, fetch = globalThis.fetch } = options;
  const url = `${server}/v1/projects/${encodeURIComponent(project)}/locales/${locale}.json?fallback=true`;
  const response = await fetch(url, {
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    // A day at most, should a webhook be lost.
    next: { tags: tagsOf(locale), revalidate: 86_400 },
  } as RequestInit);
  if (!response.ok) throw new Error(`The export of ${locale} answered ${response.status}`);
  return (await response.json()) as Messages;
}
