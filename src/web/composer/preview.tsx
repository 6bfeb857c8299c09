import { messageWords } from '../words/message.ts';
import { MessageHTML } from './message-html.tsx';

/** Shows a message that is being written in the way in which the conversation of a ticket will show it. `html` may be ''. */
export function MessagePreview({ html, className }: { html: string; className?: string }) {
  return (
    <section aria-label={messageWords.preview.label} className={className}>
      {html === '' ? <p>{messageWords.preview.empty}</p> : <MessageHTML html={html} />}
    </section>
  );
}
