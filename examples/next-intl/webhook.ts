/** `app/api/translations/route.ts`: a webhook of Trans-Hub renews the messages of a locale. */
import { Webhook } from "standardwebhooks";
import { tagOf } from "./messages.ts";

interface Message {
  type: string;
  /** Without a locale, it is about all: an id means another text, or the feed began anew after a restored backup. */
  data: { project: string; locale?: string | null };
}

export interface WebhookOptions {
  /** `whsec_…`, as `trans-hub webhooks create` showed it. */
  secret: string;
  project: string;
  /** Of `next/cache`. */
  revalidateTag: (tag: string) => void;
}

/** The handler of Next for POST. */
export function webhookRoute({ secret, project, revalidateTag }: WebhookOptions) {
  const webhook = new Webhook(secret);
  return async function POST(request: Request): Promise<Response> {
    const body = await request.text();
    let message: Message;
    try {
      message = webhook.verify(body, Object.fromEntries(request.headers)) as Message;
    } catch {
      // Forged, or older than five minutes.
      return new Response(null, { status: 401 });
    }
    const { data } = message;
    if (data.project === project) revalidateTag(tagOf(data.locale ?? undefined));
    return new Response(null, { status: 204 });
  };
}
