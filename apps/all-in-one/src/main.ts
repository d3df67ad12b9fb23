import { beforeItServes } from '@crosstie/platform/early-end';

/** `main.js DATA PORT`: everything of one server, below one directory. */
await beforeItServes(async (onEarlyEnd) => {
  const { serve } = await import('./serve.js');
  const [data = '', port = '8080'] = process.argv.slice(2);
  await serve(data, Number(port), onEarlyEnd);
});
