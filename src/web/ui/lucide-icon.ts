import { createElement, type SVGProps } from 'react';

type IconData = { node: [tag: string, attributes: Record<string, string>][] };

const looks = {
  width: 24,
  height: 24,
  viewBox: '0 0 24 24',
  fill: 'none',
  stroke: 'currentColor',
  strokeWidth: 2,
  strokeLinecap: 'round',
  strokeLinejoin: 'round',
} as const;

/** Makes an icon component. Replaces lucide's own function for this (see vite.config.ts), which is mostly options that we do not use. */
export default ({ node }: IconData) =>
  (props: SVGProps<SVGSVGElement>) =>
    createElement('svg', { ...looks, ...props }, ...node.map(([tag, attributes]) => createElement(tag, attributes)));
