import { Suspense } from 'react';
import { later } from '../ui/later.ts';
import { composerWords } from '../words/composer.ts';

const MessageHTML = later(async () => (await import('./message-html.tsx')).MessageHTML);

/** Shows a message as support will receive it, with the same cleaning; its cleaner is loaded when it is first asked for. */
export function MessagePreview({ html, className }: { html: string; className?: string }) {
  return (
    <section aria-label={composerWords.preview.label} className={className}>
      {html === '' ? (
        <p>{composerWords.preview.empty}</p>
      ) : (
        <Suspense fallback={null}>
          <MessageHTML html={html} />
        </Suspense>
      )}
    </section>
  );
}
