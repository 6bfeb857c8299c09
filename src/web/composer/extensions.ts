import { UndoRedo } from '@tiptap/extensions/undo-redo';
import { messageBlocks } from './blocks.ts';
import { LinkMark } from './link-mark.ts';
import { messageLists } from './lists.ts';
import { messageMarks } from './marks.ts';

/**
 * The schema of a message: exactly the tags of `contract/message`. Written out by hand, because TipTap's own extensions
 * carry their Markdown along, which is more than the rest of them.
 */
export const messageExtensions = [...messageBlocks, ...messageMarks, ...messageLists, LinkMark, UndoRedo];
