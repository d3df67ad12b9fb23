type Step = () => Promise<unknown>;

const signals = ['SIGTERM', 'SIGINT'] as const;

/**
 * Starts a server, and ends the process with status 0 on a signal that comes before the server has handlers of its
 * own: loading a server takes a moment, waiting for its database may take long, and a process that is number 1 of its
 * container would not even hear the signal. Stands in a file of its own, which loads nothing, so that it is there
 * from the first moment.
 *
 * @param start is given a way to say what must be undone when the process has to end before it has returned
 */
export async function beforeItServes(start: (onEarlyEnd: (undo: Step) => void) => Promise<unknown>): Promise<void> {
  let undo: Step = () => Promise.resolve();
  const leave = (): void => {
    undo().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  for (const signal of signals) process.once(signal, leave);
  await start((step) => {
    undo = step;
  });
  for (const signal of signals) process.off(signal, leave);
}
