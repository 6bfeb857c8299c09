import { ProblemError, problemOf } from '../api/request.ts';
import { Button } from '../ui/button.tsx';
import { CopyButton } from '../ui/copy-button.tsx';
import { Notice } from '../ui/notice.tsx';
import { commonWords } from '../words/common.ts';
import { layoutWords } from '../words/layout.ts';
import { problemWords } from '../words/problem.ts';
import { PageHeading } from './page-heading.tsx';
import { References } from './problem-notice.tsx';

const words = { ...layoutWords.crash, ...problemWords.crash };

/** Whether the error says that a chunk of the program could not be loaded; each browser has its own words for this. */
const isLoadFailure = (error: unknown) =>
  error instanceof TypeError && /dynamically imported module|module script|preload|import/i.test(error.message);

/** Shown in place of a page that has failed. Says what to do, and gives details to copy for a report. */
export function CrashPage({ error }: { error: unknown }) {
  const problem = problemOf(error);
  const loading = isLoadFailure(error);
  const title = loading ? words.chunkTitle : problem.title;
  const details = [new Date().toISOString(), location.href, String(error)].join('\n');
  return (
    <>
      <PageHeading title={title} />
      <Notice tone="danger" role="alert">
        <p>{loading ? words.chunkDetail : problem.detail}</p>
        <p>{words.kept}</p>
        <References problem={problem} />
        <Button variant="primary" onClick={() => location.reload()}>
          {words.reload}
        </Button>
        {!(error instanceof ProblemError) && (
          <CopyButton text={details} label={words.copyDetails} copiedLabel={commonWords.copied} />
        )}
      </Notice>
    </>
  );
}
