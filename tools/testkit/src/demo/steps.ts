/** A step of the demo did not hold; the message says which and why. */
export class StepFailed extends Error {
  constructor(
    readonly step: string,
    cause: unknown,
  ) {
    super(`${step}: ${describe(cause)}`, { cause });
  }
}

/** Runs one step and prints what it showed, with the ids by which the API knows it. */
export async function step<T>(name: string, work: () => Promise<{ shown: string; value: T }>): Promise<T> {
  try {
    const { shown, value } = await work();
    say(`  ok  ${name}\n      ${shown.replaceAll('\n', '\n      ')}`);
    return value;
  } catch (cause) {
    throw new StepFailed(name, cause);
  }
}

export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function describe(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.cause === undefined ? cause.message : `${cause.message} (last seen: ${describe(cause.cause)})`;
}
