import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { renderToString } from 'react-dom/server';
import { Router } from 'wouter';
import { page } from '../contract/paths.ts';
import { createQueryClient } from './api/query-client.ts';
import { Routes } from './routes.tsx';

/** A placeholder for the account in the address, which is not known at build time. Nothing in the HTML may depend on it. */
const anyAccount = '00000000-0000-4000-8000-000000000000';

/**
 * Renders the new-ticket page as static HTML, the same for everybody. The build runs this program and puts its output into
 * `new-ticket.html` (vite.config.ts). So the form is in the page from the start and can be typed into before React has been loaded;
 * React then hydrates it.
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

// Exits explicitly: something that stays open for the life of a page, such as a channel between tabs, would keep this process alive.
process.stdout.write(renderNewTicket(), () => process.exit());
