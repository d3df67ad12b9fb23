// The shortest honest way to accept a webhook: raw http and pg, two rows in one statement. Prints its port.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

import pg from 'pg';

const [url = '', secret = ''] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString: url, max: 10 });
await pool.query('CREATE TABLE IF NOT EXISTS floor_delivery (guid text PRIMARY KEY, event text, body bytea)');
await pool.query(
  'CREATE TABLE IF NOT EXISTS floor_outbox (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, guid text)',
);
const text = `WITH d AS (INSERT INTO floor_delivery VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING guid)
  INSERT INTO floor_outbox (guid) SELECT guid FROM d`;

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks);
    const expected = createHmac('sha256', secret).update(body).digest();
    const given = Buffer.from(String(request.headers['x-hub-signature-256']).slice(7), 'hex');
    if (given.length !== 32 || !timingSafeEqual(given, expected)) return response.writeHead(401).end();
    const values = [request.headers['x-github-delivery'], request.headers['x-github-event'], body];
    pool.query({ name: 'accept', text, values }).then(
      () => response.writeHead(202).end(),
      () => response.writeHead(500).end(),
    );
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(`${typeof address === 'object' && address ? address.port : 0}\n`);
});
