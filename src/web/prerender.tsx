import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { renderToString } from 'react-dom/server';
import { Router } from 'wouter';
import { page } from '../contract/paths.ts';
import { createQueryClient } from './api/query-client.ts';
import { Routes } from './routes.tsx';

/** Stands for whichever account the address will name; nothing that is rendered may depend on it. */
const anyAccount = '00000000-0000-4000-8000-000000000000';

/**
 * Run by the build, prints the page of a new ticket as static HTML, the same for everybody: it is served with the form in it, which can be typed
 * into before the program has come; React then takes it over as it stands.
 */
function renderNewTicket(): string {
  const path = page.newTicket(anyAccount);
  return renderToString(
    <StrictMode>
      <QueryClientProvider client={createQueryClient()}>
        <Router ssrPath={path}>
          <Routes />
        </Router>
      </QueryClientProvider>
    </StrictMode>,
  );
}

// What the portal opens for as long as a page lives (channels between tabs) would keep this process alive.
process.stdout.write(renderNewTicket(), () => process.exit());
