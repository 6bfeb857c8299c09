import type { ReactNode } from 'react';

/** A name and a value in a `<dl>`. Renders nothing when `children` is undefined or false. */
export const Fact = ({ name, children }: { name: string; children: ReactNode }) =>
  children === undefined || children === false ? null : (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
