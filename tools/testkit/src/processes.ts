import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { constants } from 'node:os';
import { resolve } from 'node:path';

/** The command line of Crosstie, from the source and from the build of the testkit alike. */
export const crosstie = resolve(import.meta.dirname, '../../../apps/cli/bin/crosstie.js');

export interface Running {
  readonly pid: number;
  /** What it has printed so far. */
  output(): string;
  /** Null while it runs; 128 and the signal's number where a signal ended it. */
  exitStatus(): number | null;
  stop(): Promise<void>;
}

/** Starts a program whose output goes to a file and can be read while it runs. */
export function start(command: string, parameters: string[], env: NodeJS.ProcessEnv, logFile: string): Running {
  const child = spawn(command, parameters, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  const file = createWriteStream(logFile);
  let text = '';
  let ended: number | null = null;
  const keep = (chunk: Buffer): void => {
    text += chunk.toString();
    file.write(chunk);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  child.on('error', (error) => {
    text += `${error.message}\n`;
    ended = 127;
  });
  child.on('exit', (code, signal) => {
    ended = code ?? (signal ? 128 + constants.signals[signal] : 1);
  });
  return {
    pid: child.pid ?? 0,
    output: () => text,
    exitStatus: () => ended,
    stop: () => end(child),
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const gone = new Promise<void>((done) => child.once('exit', () => done()));
  child.kill('SIGTERM');
  const impatience = setTimeout(() => child.kill('SIGKILL'), 35_000);
  await gone;
  clearTimeout(impatience);
}
