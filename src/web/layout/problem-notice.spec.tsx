import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
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
