import { type QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';

/** Renders a part of a page into the document, with the given query client. @returns unmounts it and empties the document */
export async function mount(client: QueryClient, part: ReactNode): Promise<() => Promise<void>> {
  const element = document.createElement('div');
  document.body.append(element);
  const root = createRoot(element);
  await act(async () => root.render(<QueryClientProvider client={client}>{part}</QueryClientProvider>));
  return async () => {
    await act(async () => root.unmount());
    document.body.replaceChildren();
  };
}
