/** Where a browser goes on after a sign-in: a path of ours, or `/` for anything else. */
export function returnPath(wanted: unknown, publicUrl: string): string {
  if (typeof wanted !== 'string' || !URL.canParse(wanted, publicUrl)) return '/';
  const target = new URL(wanted, publicUrl);
  if (target.origin !== new URL(publicUrl).origin) return '/';
  const path = `${target.pathname}${target.search}${target.hash}`;
  // `/\evil` and `//evil` are other hosts to a browser.
  return /^\/(?![/\\])/.test(path) ? path : '/';
}
