import './ahead.ts';
import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot, hydrateRoot } from 'react-dom/client';
import { awaitTakeOver } from './api/hydration.ts';
import { createQueryClient } from './api/query-client.ts';
import { Routes } from './routes.tsx';
import './ui/tokens.css';
import './ui/base.css';

// Tells `early.ts` that the main program is there, so that it does not load it again.
const { dataset } = document.documentElement;
dataset.program = '';
delete dataset.stalled;

const root = document.getElementById('root');
if (root !== null) {
  const app = (
    <StrictMode>
      <QueryClientProvider client={createQueryClient()}>
        <Routes />
      </QueryClientProvider>
    </StrictMode>
  );
  // A page whose HTML already holds the form is hydrated: React takes over what is there, with everything typed into it.
  if (root.firstElementChild === null) createRoot(root).render(app);
  else {
    awaitTakeOver();
    hydrateRoot(root, app);
  }
}
