import { randomUUID } from "node:crypto";
import { SettingsError, type Webhook, WebhookNotFoundError } from "@trans-hub/core";
import { EVENT_KINDS, WEBHOOK_TYPES } from "@trans-hub/core/store";
import { WebhookDesk } from "@trans-hub/server";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { CommandContext } from "../command-context.ts";
import { examples, onlyProjectOption, parseLocales, parseWhole, projectOption, required } from "../options.ts";
import { type Output, printable } from "../output.ts";
import { readSettings, type Session, withSession } from "../session.ts";
import type { Settings } from "../settings/settings.ts";
import { tableOf } from "../table.ts";

interface CreateOptions {
  project?: string;
  url?: string;
  type?: (typeof WEBHOOK_TYPES)[number];
  kinds?: string[];
  locales?: string[];
  by?: string;
}

type NameOptions = Pick<CreateOptions, "project">;

const HOURS_A_MONTH = 720;

export function define(command: Command, context: CommandContext): void {
  command.description(
    "Tell other programs, over HTTP, which translations changed. `trans-hub serve` sends the messages.",
  );
  const create = command
    .command("create")
    .description("Make a webhook, and print its secret. It hears of every event from now on.")
    .option("--url <url>", "where messages go, such as https://example.com/hooks (required)")
    .addOption(projectOption())
    .addOption(
      new Option("--type <type>", "what it hears of (default: translations.settled)").choices([...WEBHOOK_TYPES]),
    )
    .option("--kinds <list>", `only these kinds of events: ${EVENT_KINDS.join(", ")}`, parseKinds)
    .option("--locales <list>", "only these target locales", parseLocales)
    .option("--by <name>", "who makes it")
    .action((options: CreateOptions) => createWebhook(create, context, options));
  const list = command
    .command("list")
    .description("List webhooks with their state.")
    .addOption(onlyProjectOption())
    .action(({ project }: NameOptions) => listWebhooks(list, context, project));
  const act = (name: string, description: string, does: (session: WebhookSession, id: string) => Promise<void>) => {
    const sub = command
      .command(name)
      .argument("<id>", "such as wh_5f0c…")
      .description(description)
      .addOption(projectOption())
      .action((id: string, options: NameOptions) => onWebhook(sub, context, options, (session) => does(session, id)));
    return sub;
  };
  act("remove", "Remove a webhook.", async ({ hub, project, context: { output } }, id) => {
    if (!(await hub.removeWebhook({ project, id }))) throw new WebhookNotFoundError();
    await output.result({ removed: true }, () => `removed ${id}`);
  });
  act("disable", "Send it nothing until it is enabled.", async ({ hub, project, context: { output } }, id) => {
    const webhook = await hub.changeWebhook({ project, id }, { isDisabled: true });
    await output.result({ webhook }, () => describe(output, [webhook]));
  });
  act("enable", "Go on where it stopped, at once.", async ({ hub, project, context: { output } }, id) => {
    const webhook = await hub.changeWebhook({ project, id }, { isDisabled: false });
    await output.result({ webhook }, () => describe(output, [webhook]));
  });
  act("secret", "Print its present secret.", async ({ hub, project, desk, context: { output } }, id) => {
    const secret = desk.secretOf(await named(hub, project, id));
    await output.result({ secret }, () => secret);
  });
  act("test", "Send a message of the type webhook.test from this machine, and say how that ended.", testWebhook);
  act("rotate", "Make the next secret. The one before signs too for a while.", rotateWebhook).option(
    "--overlap-hours <number>",
    "hours for which the secret of before signs too (default: 24)",
    parseWhole(0, HOURS_A_MONTH),
  );
  examples(
    command,
    "webhooks create --project shop --url https://example.com/hooks",
    "webhooks create --project shop --type export.changed --locales fr,de --url https://example.com/revalidate",
    "webhooks list --json",
    "webhooks test wh_5f0c0123456789abcdef0123 --project shop",
    "webhooks rotate wh_5f0c0123456789abcdef0123 --project shop --overlap-hours 2",
  );
}

/** What an act on one webhook is given. */
interface WebhookSession extends Pick<Session, "hub"> {
  readonly project: string;
  readonly desk: WebhookDesk;
  readonly context: CommandContext;
  readonly command: Command;
}

async function onWebhook(
  command: Command,
  context: CommandContext,
  { project }: NameOptions,
  act: (session: WebhookSession) => Promise<void>,
): Promise<void> {
  const settings = readSettings(context);
  const desk = deskOf(settings);
  await withSession(command, context, { settings }, ({ hub }) =>
    act({ hub, desk, context, command, project: project ?? settings.project }),
  );
}

async function createWebhook(command: Command, context: CommandContext, options: CreateOptions): Promise<void> {
  const url = required(options.url, "--url");
  const { type, kinds, locales: targetLocales, by } = options;
  await onWebhook(command, context, options, async ({ hub, desk, project }) => {
    requireUrl(desk, url);
    const webhook = await hub.createWebhook({ project, url, type, kinds, targetLocales, by });
    const secret = desk.secretOf(webhook);
    await context.output.result(
      { ...webhook, secret },
      () => `${describe(context.output, [webhook])}\n\nsecret: ${secret}`,
    );
  });
}

/** @throws {SettingsError} Names the option instead of the field. */
function requireUrl(desk: WebhookDesk, url: string): void {
  try {
    desk.requireUrl(url);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    throw new SettingsError(
      error.problems.map(({ key, problem }) => ({ key: key === "url" ? "--url" : key, problem })),
    );
  }
}

async function listWebhooks(command: Command, context: CommandContext, project: string | undefined): Promise<void> {
  await withSession(command, context, {}, async ({ hub }) => {
    const webhooks = await hub.listWebhooks({ project: project ?? null });
    await context.output.result({ webhooks }, () => describe(context.output, webhooks));
  });
}

async function testWebhook({ hub, desk, project, context }: WebhookSession, id: string): Promise<void> {
  const { status, problem } = await desk.test(await named(hub, project, id), randomUUID(), context.signal);
  const ended = { delivered: problem === undefined, status, problem: problem ?? null };
  await context.output.result(ended, () => {
    if (problem === undefined) return `delivered: the receiver answered ${status}`;
    return problem === "status" ? `not delivered: the receiver answered ${status}` : `not delivered: ${problem}`;
  });
}

async function rotateWebhook({ hub, desk, project, context, command }: WebhookSession, id: string): Promise<void> {
  const { overlapHours } = command.opts<{ overlapHours?: number }>();
  // Without a key nothing is changed.
  desk.secretOf({ id, secretVersion: 1 });
  const overlapSeconds = overlapHours === undefined ? undefined : overlapHours * 3_600;
  const webhook = await hub.rotateWebhook({ project, id, overlapSeconds });
  const secret = desk.secretOf(webhook);
  await context.output.result({ ...webhook, secret }, () => `secret: ${secret}`);
}

async function named(hub: Session["hub"], project: string, id: string): Promise<Webhook> {
  const webhook = (await hub.listWebhooks({ project })).find((each) => each.id === id);
  if (webhook === undefined) throw new WebhookNotFoundError();
  return webhook;
}

function describe(output: Output, webhooks: readonly Webhook[]): string {
  if (webhooks.length === 0) return "no webhooks";
  return tableOf(
    output,
    ["id", "project", "type", "state", "since", "last try", "URL"],
    webhooks.map(
      ({ id, project, type, state, disabledBecause, disabledAt, failingSince, lastStatus, lastProblem, url }) => [
        id,
        project,
        type,
        disabledBecause === null ? state : `${state}: ${disabledBecause}`,
        (disabledAt ?? failingSince)?.toISOString() ?? "",
        lastProblem === "status" ? String(lastStatus) : (lastProblem ?? ""),
        printable(url),
      ],
    ),
  );
}

function deskOf({ webhookKey, webhookAllow }: Settings): WebhookDesk {
  return new WebhookDesk({ key: webhookKey, allow: webhookAllow });
}

function parseKinds(value: string): string[] {
  const kinds = value.split(",").map((kind) => kind.trim());
  const known: readonly string[] = EVENT_KINDS;
  if (kinds.every((kind) => known.includes(kind))) return kinds;
  throw new InvalidArgumentError(`It takes some of: ${EVENT_KINDS.join(", ")}.`);
}
