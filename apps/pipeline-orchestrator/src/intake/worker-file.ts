/** The file in which a worker thread starts: the source beside this one, or what the build made of it. */
export function workerFile(name: string): URL {
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  return new URL(`./${name}${extension}`, import.meta.url);
}
