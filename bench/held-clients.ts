// Holds many job requests open, each on a connection of its own: `held-clients.ts`, told what to do by messages.
import { connect, type Socket } from 'node:net';

/** What it is told: open so many for each of these runners, or say how far it is. */
export interface Order {
  port: number;
  runners: { token: string; lastUpdate: string }[];
  perRunner: number;
}

/** What it tells. */
export interface Held {
  open: number;
  /** By status; the moments are the machine's monotonic clock in milliseconds. */
  answers: { status: number; at: number }[];
}

const atOnce = 64;
const answers: Held['answers'] = [];
let open = 0;

function hold(order: Order, runner: Order['runners'][number], n: number): Promise<void> {
  const body = JSON.stringify({
    token: runner.token,
    system_id: `s_bench${String(n).padStart(6, '0')}`,
    last_update: runner.lastUpdate,
    info: { name: 'held', executor: 'shell', features: { two_phase_job_commit: true } },
  });
  const head = `POST /api/v4/jobs/request HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\nrunner-token: ${runner.token}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`;
  return new Promise((sent, fail) => {
    const socket: Socket = connect(order.port, '127.0.0.1');
    socket.once('error', fail);
    socket.once('connect', () => {
      open += 1;
      socket.write(head + body, () => sent());
    });
    socket.once('data', (chunk) => {
      open -= 1;
      answers.push({ status: Number(chunk.toString('latin1', 9, 12)), at: Number(process.hrtime.bigint()) / 1e6 });
      socket.once('error', () => undefined);
      socket.destroy();
    });
    socket.once('close', () => socket.removeAllListeners('data'));
  });
}

async function openAll(order: Order): Promise<void> {
  const jobs = order.runners.flatMap((runner) => Array.from({ length: order.perRunner }, (_, n) => ({ runner, n })));
  const worker = async (): Promise<void> => {
    for (let next = jobs.pop(); next; next = jobs.pop()) await hold(order, next.runner, next.n);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

process.on('message', (message: Order | 'tell') => {
  if (message === 'tell') process.send?.({ open, answers: answers.splice(0) } satisfies Held);
  else void openAll(message).then(() => process.send?.('opened'));
});
