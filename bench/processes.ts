import { type ChildProcess, spawn } from 'node:child_process';

export interface Program {
  pid: number;
  /** What it printed first, up to the line that `ready` recognised. */
  started: string;
  /** What it has printed since this was asked last, the last 100,000 characters of it. */
  printed(): string;
  stop(): Promise<void>;
}

const running = new Set<ChildProcess>();
// Whatever ends the bench, nothing that it started stays.
process.once('exit', () => {
  for (const child of running) child.kill('SIGTERM');
});

/** Starts a program of its own and waits for the line that says it is ready. */
export async function startProgram(
  parameters: string[],
  env: NodeJS.ProcessEnv,
  ready: RegExp,
  showErrors = true,
): Promise<Program> {
  const child = spawn(process.execPath, parameters, {
    stdio: ['ignore', 'pipe', showErrors ? 'inherit' : 'ignore'],
    env: { ...process.env, ...env },
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  let text = '';
  await new Promise<void>((done, fail) => {
    child.once('error', fail);
    child.once('exit', (code) => fail(new Error(`${parameters[0]} ended with status ${code}:\n${text.slice(-2000)}`)));
    child.stdout.on('data', (chunk: Buffer) => {
      text = (text + chunk.toString()).slice(-100_000);
      if (ready.test(text)) done();
    });
  });
  const started = text;
  const printed = (): string => {
    const since = text;
    text = '';
    return since;
  };
  return { pid: child.pid ?? 0, started, printed, stop: () => end(child) };
}

function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  const gone = new Promise<void>((done) => child.once('exit', () => done()));
  child.kill('SIGTERM');
  return gone;
}
