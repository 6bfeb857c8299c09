/** The pages that are shown in place of the one asked for, in one chunk that is loaded when the first of them is needed. */
export { NoAccessPage, NotFoundPage, SignedOutPage } from './error-pages.tsx';
export { SignInFailedPage } from './sign-in-failed-page.tsx';
export { SignInPage } from './sign-in-page.tsx';
