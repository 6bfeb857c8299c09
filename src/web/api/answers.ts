/**
 * The schemas of the answers that every page reads. They are loaded together with the first request and not with the main program, so
 * that they do not delay the moment from which people can type.
 */
export { accountSchema } from '../../contract/account.ts';
export { problemSchema } from '../../contract/problem.ts';
export { sessionSchema, signOutSchema } from '../../contract/session.ts';
export { statusSchema } from '../../contract/status.ts';
