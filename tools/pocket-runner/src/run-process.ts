import { spawn } from 'node:child_process';

export interface ProcessEnd {
  /** The exit code; 128 + signal number when a signal ended it. */
  code: number;
  stopped: boolean;
}

export interface ProcessOptions {
  cwd: string;
  env: Record<string, string>;
  onOutput(stream: string, bytes: Buffer): void;
  /** Ends the whole process group: SIGTERM first, SIGKILL after `graceMs`. */
  signal: AbortSignal;
  graceMs: number;
}

const SIGNAL_NUMBERS: Record<string, number> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGTERM: 15,
};

/** Runs a program in a process group of its own, without standard input, and waits until it has ended. */
export async function runProcess(command: string, args: string[], options: ProcessOptions): Promise<ProcessEnd> {
  if (options.signal.aborted) return { code: 143, stopped: true };
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.on('data', (bytes: Buffer) => options.onOutput('out', bytes));
  child.stderr.on('data', (bytes: Buffer) => options.onOutput('err', bytes));

  let killTimer: NodeJS.Timeout | undefined;
  const stop = () => {
    signalGroup(child.pid, 'SIGTERM');
    killTimer = setTimeout(() => signalGroup(child.pid, 'SIGKILL'), options.graceMs);
  };
  options.signal.addEventListener('abort', stop, { once: true });
  try {
    return await new Promise<ProcessEnd>((resolve, reject) => {
      let end: ProcessEnd | undefined;
      child.once('error', reject);
      child.once('exit', (code, signal) => {
        end = { code: code ?? 128 + (SIGNAL_NUMBERS[signal ?? ''] ?? 0), stopped: options.signal.aborted };
        // What the script left running must not outlive its step, nor keep its output open.
        signalGroup(child.pid, 'SIGKILL');
        setTimeout(() => (child.stdout.destroy(), child.stderr.destroy()), 1000).unref();
      });
      child.once('close', () => resolve(end ?? { code: 1, stopped: options.signal.aborted }));
    });
  } finally {
    clearTimeout(killTimer);
    options.signal.removeEventListener('abort', stop);
  }
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // Nobody of the group is left, which is what was wanted.
  }
}
