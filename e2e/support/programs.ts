import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Whether a path is given and leads to a file that may be executed. */
export const runnable = (path: string | undefined): path is string => {
  if (path === undefined || path === '') return false;
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** The full path of a program on PATH, or undefined. */
export const onPath = (name: string) =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(runnable);
