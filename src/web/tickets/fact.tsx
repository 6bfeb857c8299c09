import type { ReactNode } from 'react';

/** A named fact in a `<dl>`; left out when there is nothing to say. */
export const Fact = ({ name, children }: { name: string; children: ReactNode }) =>
  children === undefined || children === false ? null : (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
