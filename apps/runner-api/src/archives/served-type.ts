import { extname } from 'node:path';

/** What a browser may show in place. Anything else is a download, above all what it would run: HTML, SVG, XML, scripts. */
const shown: Readonly<Record<string, string>> = {
  '.txt': 'text/plain; charset=utf-8',
  '.log': 'text/plain; charset=utf-8',
  '.md': 'text/plain; charset=utf-8',
  '.csv': 'text/plain; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.gif': 'image/gif',
  '.webp': 'image/webp',
};

/** Headers of a file that a job made: whatever is in it, no browser runs it in our name. */
export function headersOfFile(name: string, size: number): Record<string, string> {
  const type = shown[extname(name).toLowerCase()];
  const disposition = type === undefined ? 'attachment' : 'inline';
  return {
    'content-type': type ?? 'application/octet-stream',
    'content-length': String(size),
    'content-disposition': `${disposition}; filename*=UTF-8''${encodeURIComponent(name)}`,
    'content-security-policy': "sandbox; default-src 'none'",
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  };
}
