import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** `CROSSTIE_URL` names the server that `vite` passes API calls to while developing. */
const server = process.env['CROSSTIE_URL'] ?? 'http://localhost:8080';

export default defineConfig({
  plugins: [react(), tailwindcss()],
  build: {
    // The content security policy allows no inline script and no data: script.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
  },
  server: {
    proxy: Object.fromEntries(
      ['/api', '/auth', '/webhooks', '/-', '/oauth', '/.well-known'].map((path) => [path, server]),
    ),
  },
});
