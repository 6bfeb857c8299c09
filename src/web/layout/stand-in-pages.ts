/** The pages that stand in for one, fetched when one of them is to be shown. */
export { NoAccessPage, NotFoundPage, SignedOutPage } from './error-pages.tsx';
export { SignInFailedPage } from './sign-in-failed-page.tsx';
export { SignInPage } from './sign-in-page.tsx';
