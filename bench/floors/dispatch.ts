// The shortest honest way from a webhook to a job in a waiting runner's hands: three commits (delivery, ten jobs,
// claim), raw http and pg, no permission, no compiler, no GitHub. Prints its port.
import { createServer, type ServerResponse } from 'node:http';

import pg from 'pg';

const pool = new pg.Pool({ connectionString: process.argv[2], max: 10 });
await pool.query(`
  CREATE TABLE IF NOT EXISTS floor_push (guid text PRIMARY KEY, body bytea);
  CREATE TABLE IF NOT EXISTS floor_job (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, status text, body text);
  CREATE TABLE IF NOT EXISTS floor_queue (job_id bigint PRIMARY KEY, rank bigint);`);
const run = (name: string, text: string, values: unknown[]) => pool.query({ name, text, values });
const insertJobs = `WITH j AS (INSERT INTO floor_job (status, body) SELECT 'pending', $1 FROM generate_series(1, 10)
  RETURNING id) INSERT INTO floor_queue SELECT id, id FROM j`;
const claim = `WITH e AS (DELETE FROM floor_queue WHERE job_id = (SELECT job_id FROM floor_queue ORDER BY rank LIMIT 1
  FOR UPDATE SKIP LOCKED) RETURNING job_id) UPDATE floor_job SET status = 'running' FROM e WHERE id = job_id
  RETURNING id, body`;
const waiting: ServerResponse[] = [];

async function answer(response: ServerResponse): Promise<void> {
  const { rows } = await run('claim', claim, []);
  if (rows.length === 0) waiting.push(response);
  else response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify(rows[0]));
}

async function accept(guid: string, body: Buffer, response: ServerResponse): Promise<void> {
  await run('accept', 'INSERT INTO floor_push VALUES ($1, $2)', [guid, body]);
  response.writeHead(202).end();
  await run('jobs', insertJobs, [body.toString('utf8', 0, 2000)]);
  for (const held of waiting.splice(0, 10)) await answer(held);
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const work =
      request.url === '/push'
        ? accept(String(request.headers['x-github-delivery']), Buffer.concat(chunks), response)
        : answer(response);
    work.catch(() => response.destroy());
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(`${typeof address === 'object' && address ? address.port : 0}\n`);
});
