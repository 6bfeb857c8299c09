import { expect, test } from 'vitest';
import { inTrace, readTrace, traceHeaders } from './trace.ts';

const traceID = '0af7651916cd43dd8448eb211c80319c';
const parentID = 'b7ad6b7169203331';

test.each([
  ['as the standard shows it', `00-${traceID}-${parentID}-01`, true],
  ['not recorded', `00-${traceID}-${parentID}-00`, false],
  ['with flags of a later standard', `00-${traceID}-${parentID}-ff`, true],
  ['of a later version, with more after it', `cc-${traceID}-${parentID}-01-what-the-future-will-be-like`, true],
])('a trace is taken over: %s', (_, header, sampled) => {
  expect(readTrace(header, undefined)).toEqual({ traceID, sampled });
});

test.each([
  ['none', undefined],
  ['empty', ''],
  ['a version that is forbidden', `ff-${traceID}-${parentID}-01`],
  ['more than version 00 has', `00-${traceID}-${parentID}-01-more`],
  ['a version glued to more', `cc-${traceID}-${parentID}-01more`],
  ['a trace id of zeros', `00-${'0'.repeat(32)}-${parentID}-01`],
  ['a parent id of zeros', `00-${traceID}-${'0'.repeat(16)}-01`],
  ['upper case', `00-${traceID.toUpperCase()}-${parentID}-01`],
  ['too short', `00-${traceID.slice(1)}-${parentID}-01`],
  ['a line break', `00-${traceID}-${parentID}-01\nx: y`],
  ['far too long', `cc-${traceID}-${parentID}-01-${'x'.repeat(10_000)}`],
])('a malformed trace is ignored: %s', (_, header) => {
  expect(readTrace(header, 'vendor=1')).toBeUndefined();
});

test('each call in a trace is a step of its own and carries the state on; outside there is nothing to carry', () => {
  const trace = { traceID, sampled: true, state: 'vendor=opaque,other=2' };
  const [first, second] = inTrace(trace, () => [traceHeaders(), traceHeaders()]);
  expect(first).toEqual({
    traceparent: expect.stringMatching(new RegExp(`^00-${traceID}-[0-9a-f]{16}-01$`)),
    tracestate: trace.state,
  });
  expect(first?.traceparent).not.toContain(parentID);
  expect(second?.traceparent).not.toBe(first?.traceparent);
  expect(traceHeaders()).toEqual({});
});

test('what the caller does not record is carried on as that', () => {
  const trace = readTrace(`00-${traceID}-${parentID}-00`, undefined);
  expect(trace).toEqual({ traceID, sampled: false });
  if (trace !== undefined) expect(inTrace(trace, traceHeaders).traceparent).toMatch(/-00$/);
});

test.each(['x'.repeat(513), 'vendor=ü', 'vendor=1\r\nx: y', ''])(
  'a state that cannot be carried is left out: %j',
  (state) => {
    expect(readTrace(`00-${traceID}-${parentID}-01`, state)).toEqual({ traceID, sampled: true });
  },
);
