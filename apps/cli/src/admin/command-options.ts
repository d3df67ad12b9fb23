import { Command, InvalidArgumentError } from 'commander';

/** What every admin command takes. */
export interface AdminOptions {
  data?: string;
  json?: boolean;
}

/** Adds a command below a noun (`user create`), making the noun where it is missing. */
export function describe(admin: Command, noun: string, verb: string, what: string): Command {
  const group =
    admin.commands.find((command) => command.name() === noun) ?? admin.command(noun).description(`about each ${noun}`);
  return group
    .command(verb)
    .description(what)
    .option('--data <dir>', 'the data directory of a running `crosstie serve`')
    .option('--json', 'answer in JSON')
    .exitOverride();
}

/** Reads a whole number from 1 on. */
export function positive(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('It must be a whole number from 1 on.');
  return value;
}

/** Reads a list with commas. */
export function list(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** Reads a moment: RFC 3339, or a duration back from now such as `2h`. */
export function moment(text: string): Date {
  const back = /^(\d+)(m|h|d)$/.exec(text);
  if (back) {
    const unitMs = { m: 60_000, h: 3_600_000, d: 86_400_000 }[back[2] as 'm' | 'h' | 'd'];
    return new Date(new Date().getTime() - Number(back[1]) * unitMs);
  }
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) {
    throw new InvalidArgumentError('It must be a time such as 2026-11-24T15:00:00Z, or 2h, 30m, 1d.');
  }
  return at;
}
