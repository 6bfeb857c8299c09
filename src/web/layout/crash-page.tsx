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

/** A part of the program that could not be fetched, in the words of each browser. */
const isLoadFailure = (error: unknown) =>
  error instanceof TypeError && /dynamically imported module|module script|preload|import/i.test(error.message);

/** What is left of a page when something in it has failed: what to do, and what to report. */
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
