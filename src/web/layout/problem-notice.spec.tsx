import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import { localProblem, problemOf } from '../api/request.ts';
import { commonWords } from '../words/common.ts';
import { ProblemNotice } from './problem-notice.tsx';

test.each(['Moov cannot be reached right now. Try again in 5 seconds.', 'Moov cannot be reached right now.'])(
  'when to try again is said once, also where the problem says it itself: %s',
  (detail) => {
    const problem = { type: 'about:blank', title: 'Away', status: 503, detail, requestID: 'r', retryAfter: 5 };
    const shown = renderToStaticMarkup(<ProblemNotice problem={problem} />);
    expect(shown.match(/Try again in 5 seconds\./g)).toHaveLength(1);
  },
);

test('a 403 names whom to ask as the problem does, and nobody else', () => {
  const detail = 'Moov does not let this portal read tickets of this account. Ask your administrator.';
  const problem = { type: 'about:blank', title: 'Not allowed', status: 403, detail, requestID: 'r' };
  expect(renderToStaticMarkup(<ProblemNotice problem={problem} />).match(/Ask your/g)).toHaveLength(1);
});

test.each([404, 502])('an answer that is not the portal’s says once what to do, and nothing of Moov: %i', (status) => {
  const problem = { ...commonWords.localProblems.unreadable, type: localProblem.unreadable, status, requestID: 'r' };
  const shown = renderToStaticMarkup(<ProblemNotice problem={problem} />);
  expect(shown.match(/If it stays so, quote the reference below/g)).toHaveLength(1);
  expect(shown).not.toContain('Moov');
});

test('a fault of the page, which has no reference, asks nobody to quote one', () => {
  const shown = renderToStaticMarkup(<ProblemNotice problem={problemOf(new Error('a fault'))} />);
  expect(shown).toContain(commonWords.crash.detail);
  expect(shown).not.toContain('reference');
});
