/** Waits for work, but not longer than the limit. @returns whether it ended in time */
export async function within(limitMs: number, work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const enough = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), limitMs);
  });
  const ended = work.then(() => true as const);
  try {
    return await Promise.race([ended, enough]);
  } finally {
    clearTimeout(timer);
  }
}
