import { messageWords } from '../words/message.ts';
import { MessageHTML } from './message-html.tsx';

/** Shows a message as support will receive it, with the same cleaning. */
export function MessagePreview({ html, className }: { html: string; className?: string }) {
  return (
    <section aria-label={messageWords.preview.label} className={className}>
      {html === '' ? <p>{messageWords.preview.empty}</p> : <MessageHTML html={html} />}
    </section>
  );
}
