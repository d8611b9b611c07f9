import { type Command, InvalidArgumentError, Option } from "commander";
import { describeBudgets } from "../budgets.ts";
import type { CommandContext } from "../command-context.ts";
import { examples, onlyProjectOption, parseOneEngine, projectOption, required } from "../options.ts";
import { printable } from "../output.ts";
import { readSettings, withSession } from "../session.ts";
import { UsageError } from "../usage-error.ts";

interface SetOptions {
  project?: string;
  per?: "day" | "month";
  amount?: string;
  currency?: string;
  by?: string;
}

interface ConfirmOptions {
  call?: string;
  project?: string;
  day?: string;
  engine?: string;
  amount?: string;
}

export function define(command: Command, context: CommandContext): void {
  command.description("Limit what the engine calls of a project may cost in a day or a month of UTC.");
  const set = command
    .command("set")
    .description("Set a budget, or change its amount. Within two seconds every call of the project is held to it.")
    .addOption(projectOption())
    .addOption(perOption())
    .option("--amount <decimal>", "the most that may be spent, such as 2.50 (required)", parseAmountOption)
    .option(
      "--currency <code>",
      "three letters such as USD, as in TH_PRICES_FILE (default: its currency)",
      parseCurrency,
    )
    .option("--by <name>", "who sets it")
    .action((options: SetOptions) => setBudget(set, context, options));
  const list = command
    .command("list")
    .description("List the budgets with what is spent and held in their present periods.")
    .addOption(onlyProjectOption())
    .action((options: { project?: string }) => listBudgets(list, context, options));
  const remove = command
    .command("remove")
    .description("Remove a budget. Work that waits for it goes on.")
    .addOption(projectOption())
    .addOption(perOption())
    .action((options: SetOptions) => removeBudget(remove, context, options));
  const confirm = command
    .command("confirm")
    .description("Confirm what a provider billed for calls that ended without an answer, by its own report.")
    .option("--call <id>", "one call: its call_id in the ledger")
    .addOption(projectOption())
    .option("--day <date>", "every such call of the project on this day of UTC, such as 2026-11-29")
    .addOption(new Option("--engine <name>", "with --day: only calls of this engine").argParser(parseOneEngine))
    .option("--amount <decimal>", "what was billed for them together; 0: nothing (required)", parseAmountOption)
    .action((options: ConfirmOptions) => confirmUsage(confirm, context, options));
  examples(
    command,
    "budget set --project shop --per day --amount 2.50 --currency USD",
    "budget list --json",
    "budget confirm --project shop --day 2026-11-29 --amount 0.41",
    "budget remove --project shop --per day",
  );
}

function perOption(): Option {
  return new Option("--per <period>", "day or month of UTC (required)").choices(["day", "month"]);
}

async function setBudget(command: Command, context: CommandContext, options: SetOptions): Promise<void> {
  const per = required(options.per, "--per");
  const amount = required(options.amount, "--amount");
  const settings = readSettings(context);
  const { project = settings.project, by } = options;
  const currency = required(options.currency ?? settings.prices?.currency, "--currency");
  await withSession(command, context, { settings }, async ({ hub }) => {
    const budgets = await hub.setBudget({ project, per, amount, currency, by });
    const { prices } = settings;
    if (prices !== undefined && prices.currency !== currency) {
      context.output.warn(
        `the prices of TH_PRICES_FILE are in ${prices.currency}: a worker that has them makes no calls under a budget in ${currency}`,
      );
    }
    await context.output.result({ budgets }, () => describeBudgets(context.output, budgets));
  });
}

async function listBudgets(command: Command, context: CommandContext, { project }: { project?: string }) {
  await withSession(command, context, {}, async ({ hub }) => {
    const budgets = await hub.listBudgets({ project: project ?? null });
    await context.output.result({ budgets }, () => describeBudgets(context.output, budgets));
  });
}

async function removeBudget(command: Command, context: CommandContext, options: SetOptions): Promise<void> {
  const per = required(options.per, "--per");
  const settings = readSettings(context);
  const { project = settings.project } = options;
  await withSession(command, context, { settings }, async ({ hub }) => {
    const removed = await hub.removeBudget({ project, per });
    const which = `budget of project ${printable(project)} per ${per}`;
    await context.output.result({ removed }, () => (removed ? `removed the ${which}` : `there was no ${which}`));
  });
}

async function confirmUsage(command: Command, context: CommandContext, options: ConfirmOptions): Promise<void> {
  const amount = required(options.amount, "--amount");
  const { call, day, engine } = options;
  if ((call === undefined) === (day === undefined)) {
    throw new UsageError("either --call or --day names the calls", "Add one of them.");
  }
  const settings = readSettings(context);
  const { project = settings.project } = options;
  await withSession(command, context, { settings }, async ({ hub }) => {
    const named = call === undefined ? { period: { project, day: required(day, "--day"), engine } } : { callId: call };
    const confirmed = await hub.confirmUsage({ ...named, amount });
    const { calls, wasUnconfirmed } = confirmed;
    await context.output.result(confirmed, () =>
      calls === 0 ? "no such call is unconfirmed" : `${calls} confirmed; ${wasUnconfirmed} was unconfirmed`,
    );
  });
}

function parseAmountOption(value: string): string {
  if (/^\d{1,15}(\.\d{1,12})?$/.test(value)) return value;
  throw new InvalidArgumentError("Must be a decimal number such as 2.50, at least 0, with at most 12 decimals.");
}

function parseCurrency(value: string): string {
  if (/^[A-Z]{3}$/.test(value)) return value;
  throw new InvalidArgumentError("Must be three letters such as USD.");
}
