/**
 * `main.js DATA PORT`: everything of one server, below one directory.
 *
 * Loading the server takes a moment, and so does its database; a signal that comes before the server has handlers of
 * its own ends the process in order too.
 */
let undo: () => Promise<unknown> = () => Promise.resolve();

function leave(): void {
  undo().then(
    () => process.exit(0),
    () => process.exit(1),
  );
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, leave);
const { serve } = await import('./serve.js');
const [data = '', port = '8080'] = process.argv.slice(2);
await serve(data, Number(port), (step) => {
  undo = step;
});
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.off(signal, leave);
