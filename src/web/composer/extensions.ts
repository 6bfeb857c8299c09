import { UndoRedo } from '@tiptap/extensions/undo-redo';
import { messageBlocks } from './blocks.ts';
import { LinkMark } from './link-mark.ts';
import { messageLists } from './lists.ts';
import { messageMarks } from './marks.ts';

/**
 * The editor's schema: exactly the tags that `contract/message` allows in a message. These extensions are our own, because most of the
 * code in TipTap's is for Markdown.
 */
export const messageExtensions = [...messageBlocks, ...messageMarks, ...messageLists, LinkMark, UndoRedo];
