/** i18next on the exports of Trans-Hub: in a browser and in Node, with i18next-http-backend as it is. */
import { createInstance, type i18n } from "i18next";
import HttpBackend, { type HttpBackendOptions } from "i18next-http-backend";

export interface I18nOptions {
  /** Of `trans-hub serve`, such as `https://translations.example.com`. */
  server: string;
  project: string;
  locale: string;
  /** A token with the scopes `export` and `request`, while developing. A public export needs none. */
  token?: string | undefined;
  /** Where the texts in development are to be translated into. */
  targetLocales?: readonly string[] | undefined;
}

const SOURCE_LOCALE = "en";

export async function openI18n({ server, project, locale, token, targetLocales }: I18nOptions): Promise<i18n> {
  const base = `${server}/v1/projects/${encodeURIComponent(project)}`;
  const { hostname } = new URL(server);
  const isDeveloping = token !== undefined && ["localhost", "127.0.0.1"].includes(hostname);
  const instance = createInstance();
  await instance.use(HttpBackend).init<HttpBackendOptions>({
    lng: locale,
    fallbackLng: SOURCE_LOCALE,
    ns: ["common"],
    defaultNS: "common",
    interpolation: { escapeValue: false },
    backend: {
      loadPath: `${base}/locales/{{lng}}/{{ns}}.json?fallback=true`,
      ...(token !== undefined && { customHeaders: { authorization: `Bearer ${token}` } }),
      // A key that no export has: its text is requested. A token in a page that others open would be everybody's, so this is
      // for the machine of a developer.
      addPath: `${base}/requests`,
      parsePayload: (namespace: string, key: string, text: string) => ({
        items: [{ text, businessId: `${namespace}#${key}` }],
        sourceLocale: SOURCE_LOCALE,
        targetLocales: targetLocales ?? [locale],
      }),
    },
    saveMissing: isDeveloping,
  });
  return instance;
}
