import { Component, type ReactNode, Suspense } from 'react';
import { Button } from '../ui/button.tsx';
import { later } from '../ui/later.ts';
import { layoutWords } from '../words/layout.ts';
import { PageHeading } from './page-heading.tsx';

const words = layoutWords.crash;
const CrashPage = later(async () => {
  try {
    return (await import('./crash-page.tsx')).CrashPage;
  } catch {
    return BareCrashPage;
  }
});

const reload = () => location.reload();

/** Shown when not even the code of the crash page can be loaded. */
const BareCrashPage = (_: { error: unknown }) => (
  <>
    <PageHeading title={words.chunkTitle} />
    <p>{words.chunkDetail}</p>
    <Button variant="primary" onClick={reload}>
      {words.reload}
    </Button>
  </>
);

/**
 * Catches any error thrown while rendering that nothing inside has caught, and shows the crash page in place of its children. Most
 * often a chunk could not be loaded, so the page is loaded anew when the browser comes back online.
 */
export class CrashBoundary extends Component<{ children: ReactNode }, { error: unknown; crashed: boolean }> {
  override state = { error: undefined, crashed: false };

  static getDerivedStateFromError(error: unknown) {
    return { error, crashed: true };
  }

  override componentDidCatch() {
    addEventListener('online', reload);
  }

  override componentWillUnmount() {
    removeEventListener('online', reload);
  }

  override render() {
    if (!this.state.crashed) return this.props.children;
    return (
      <Suspense>
        <CrashPage error={this.state.error} />
      </Suspense>
    );
  }
}
