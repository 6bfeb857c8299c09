/** What the answers look like that every page reads; fetched when the page stands, and can be typed into already. */
export { accountSchema } from '../../contract/account.ts';
export { problemSchema } from '../../contract/problem.ts';
export { sessionSchema, signOutSchema } from '../../contract/session.ts';
export { statusSchema } from '../../contract/status.ts';
