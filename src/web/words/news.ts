/** What a screen reader says when there is news. */
export const newsWords = {
  announced: (title: string) => `News on the ticket ${title === '' ? 'without a title' : `“${title}”`}.`,
} as const;
