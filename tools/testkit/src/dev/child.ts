import { type ChildProcess, spawn } from 'node:child_process';

const patienceMs = 35_000;

/** A program that shares this one's terminal, and can be started again. */
export class Child {
  private running: ChildProcess | null = null;
  private wanted = false;

  constructor(
    readonly name: string,
    private readonly command: string,
    private readonly parameters: readonly string[],
    private readonly env: NodeJS.ProcessEnv,
    private readonly directory?: string,
  ) {}

  start(): void {
    this.wanted = true;
    const child = spawn(this.command, this.parameters, {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '', ...this.env },
      ...(this.directory === undefined ? {} : { cwd: this.directory }),
    });
    this.running = child;
    child.once('error', (error) => process.stderr.write(`${this.name}: ${error.message}\n`));
    child.once('exit', (code, signal) => {
      if (this.running !== child) return;
      this.running = null;
      // It waits for the next change of a file, which may well be the cure.
      if (this.wanted) process.stderr.write(`${this.name} ended with ${signal ?? `status ${code}`}\n`);
    });
  }

  async stop(): Promise<void> {
    this.wanted = false;
    const child = this.running;
    if (!child) return;
    const gone = new Promise<void>((done) => child.once('exit', () => done()));
    child.kill('SIGTERM');
    const impatience = setTimeout(() => child.kill('SIGKILL'), patienceMs);
    await gone;
    clearTimeout(impatience);
  }

  async restart(): Promise<void> {
    await this.stop();
    this.start();
  }
}
