import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const IDENTITY = { GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@b', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@b' };

/** A repository behind real git over HTTP that wants one password. */
export async function startGitHost(password: string, files: Record<string, string>) {
  const watcher = { onRequest: () => {} };
  const root = mkdtempSync(join(tmpdir(), 'pocket-git-'));
  const work = join(root, 'work');
  const git = (cwd: string, ...args: string[]) =>
    execFileSync('git', args, { cwd, env: { ...process.env, ...IDENTITY }, encoding: 'utf8' }).trim();
  mkdirSync(work);
  git(work, 'init', '-q', '-b', 'main');
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(work, path)), { recursive: true });
    writeFileSync(join(work, path), text);
  }
  git(work, 'add', '.');
  git(work, 'commit', '-q', '-m', 'first');
  const sha = git(work, 'rev-parse', 'HEAD');
  git(root, 'clone', '-q', '--bare', work, 'acme/widget.git');
  git(join(root, 'acme/widget.git'), 'config', 'uploadpack.allowAnySHA1InWant', 'true');

  const server = createServer((request, response) => {
    watcher.onRequest();
    answer(request, response, root, password);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    sha,
    /** Its `onRequest` is called while git waits for an answer. */
    watcher,
    repoUrl: `http://x-access-token:${password}@127.0.0.1:${port}/acme/widget.git`,
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      rmSync(root, { recursive: true });
    },
  };
}

function answer(request: IncomingMessage, response: ServerResponse, root: string, password: string): void {
  const wanted = `Basic ${Buffer.from(`x-access-token:${password}`).toString('base64')}`;
  if (request.headers.authorization !== wanted) {
    response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="git"' }).end();
    return;
  }
  const url = new URL(request.url ?? '/', 'http://host');
  const backend = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env['PATH'],
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
    },
  });
  request.pipe(backend.stdin);
  const output: Buffer[] = [];
  backend.stdout.on('data', (bytes: Buffer) => output.push(bytes));
  backend.on('close', () => {
    const all = Buffer.concat(output);
    const split = all.indexOf('\r\n\r\n');
    let status = 200;
    for (const line of all.subarray(0, split).toString().split('\r\n')) {
      const [name = '', value = ''] = line.split(/: (.*)/);
      if (name === 'Status') status = Number.parseInt(value, 10);
      else response.setHeader(name, value);
    }
    response.writeHead(status).end(all.subarray(split + 4));
  });
}
