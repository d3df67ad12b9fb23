/** What a command's exit status says; the same for every command. */
export const exitStatus = {
  done: 0,
  no: 1,
  usage: 2,
  unreachable: 69,
  configuration: 78,
} as const;

/** Ends a command with a sentence on stderr and a status of its own. */
export class CommandError extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}
