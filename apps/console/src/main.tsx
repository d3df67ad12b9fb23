import './styles.css';

import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createRouter, RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import { RequestFailed } from './api/request.js';
import { EventStream } from './events/event-stream.js';
import { EventStreamContext } from './events/use-events.js';
import { routeTree } from './routes.js';
import { applyTheme, storedTheme } from './shell/theme.js';

applyTheme(storedTheme());

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // What the server has refused it will refuse again; only a lost connection is worth a second try.
      retry: (count, error) => count < 2 && !(error instanceof RequestFailed && error.status > 0 && error.status < 500),
      refetchOnWindowFocus: false,
    },
  },
});
const events = new EventStream(queries);
const router = createRouter({ routeTree, defaultPreload: false, scrollRestoration: false });

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}

const place = document.getElementById('console');
if (!place) throw new Error('The page has no place for the console.');
createRoot(place).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <EventStreamContext value={events}>
        <RouterProvider router={router} />
      </EventStreamContext>
    </QueryClientProvider>
  </StrictMode>,
);
