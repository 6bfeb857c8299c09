// @vitest-environment happy-dom
import { DOMSerializer } from '@tiptap/pm/model';
import { getSchema } from '@tiptap/react';
import { describe, expect, test } from 'vitest';
import { messageLinkRel, messageTags } from '../../contract/message.ts';
import { messageExtensions } from './extensions.ts';

const schema = getSchema(messageExtensions);
const serializer = DOMSerializer.fromSchema(schema);

describe('the editor can make nothing but what a message may hold', () => {
  const text = schema.text('x');
  const paragraph = schema.nodes.paragraph?.create(null, text);
  const elements = [
    ...Object.values(schema.nodes)
      .filter((type) => type.name !== 'doc' && type.name !== 'text')
      .map((type) => ({ name: type.name, node: type.createAndFill(null) })),
    ...[2, 3].map((level) => ({ name: `heading ${level}`, node: schema.nodes.heading?.create({ level }, text) })),
    ...Object.values(schema.marks).map((type) => ({
      name: type.name,
      node: paragraph?.type.create(
        null,
        text.mark([type.create(type.name === 'link' ? { href: 'https://x.example/' } : null)]),
      ),
    })),
  ];

  test.each(elements)('$name', ({ node }) => {
    if (!node) throw new Error('no node');
    const holder = document.createElement('div');
    holder.append(serializer.serializeNode(node));
    const made = [...holder.querySelectorAll('*')];
    expect(made.length).toBeGreaterThan(0);
    for (const element of made) {
      expect(messageTags).toContain(element.localName);
      const attributes = Object.fromEntries([...element.attributes].map(({ name, value }) => [name, value]));
      expect(attributes).toEqual(element.localName === 'a' ? { href: 'https://x.example/', rel: messageLinkRel } : {});
    }
  });

  test('and every tag of the list can be made', () => {
    const made = new Set<string>();
    for (const { node } of elements) {
      if (!node) continue;
      const holder = document.createElement('div');
      holder.append(serializer.serializeNode(node));
      for (const element of holder.querySelectorAll('*')) made.add(element.localName);
    }
    expect([...made].sort()).toEqual([...messageTags].sort());
  });
});
