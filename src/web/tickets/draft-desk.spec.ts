import { beforeEach, describe, expect, test, vi } from 'vitest';
import { eventually } from '../testing/eventually.ts';
import { createDraftDesk } from './draft-desk.ts';
import type { Draft } from './draft-record.ts';
import type { DraftShelf } from './draft-shelf.ts';
import { openTab } from './draft-tab.ts';

const mel = { userID: 'mel', accountID: 'gym' };

function storageWith(given: Record<string, string> = {}) {
  const items = new Map(Object.entries(given));
  let refuses = false;
  const storage: Storage = {
    get length() {
      return items.size;
    },
    clear: () => items.clear(),
    key: () => null,
    getItem: (name) => items.get(name) ?? null,
    setItem(name, value) {
      if (refuses) throw new Error('full');
      items.set(name, value);
    },
    removeItem: (name) => void items.delete(name),
  };
  const refuse = () => {
    refuses = true;
  };
  return { items, storage, refuse };
}

/** A fake device: one shelf and one set of locks, which all its tabs share. */
function device() {
  const { storage: shared } = storageWith();
  const drafts = new Map<string, Draft>();
  const held = new Set<string>();
  let clock = Date.parse('2026-05-12T10:00:00Z');
  let ids = 0;
  const shelf: DraftShelf = {
    ofUser: async (userID) => [...drafts.values()].filter((draft) => draft.userID === userID),
    ofSubmission: async (id) => [...drafts.values()].filter((draft) => draft.submissionID === id),
    put: async (draft) => void drafts.set(draft.draftID, draft),
    remove: async (draftIDs) => {
      for (const draftID of draftIDs) drafts.delete(draftID);
    },
  };
  const hold = async (name: string) => {
    if (held.has(name)) return undefined;
    held.add(name);
    return () => void held.delete(name);
  };
  return {
    drafts,
    shelf,
    pass: (ms: number) => {
      clock += ms;
    },
    now: () => new Date(clock),
    /** Opens a tab; `session` is its sessionStorage. A duplicated tab begins with a copy of the first tab's. */
    tab(session: Record<string, string> = {}) {
      const { items, storage, refuse } = storageWith(session);
      const own = openTab(
        () => storage,
        () => shared,
      );
      const desk = createDraftDesk({
        shelf,
        tab: own,
        hold,
        now: () => new Date(clock),
        newID() {
          ids += 1;
          return `id-${ids}`;
        },
      });
      return { desk, session: () => Object.fromEntries(items), refuse, wipe: own.wipe };
    },
  };
}

let here: ReturnType<typeof device>;
beforeEach(() => {
  here = device();
});

/** Opens the form in a tab and writes a title. */
async function write(tab: ReturnType<ReturnType<typeof device>['tab']>, title: string, scope = mel) {
  const { draft } = await tab.desk.open(scope, {}, {});
  const written = { ...draft, fields: { title }, savedOn: here.now().toISOString() };
  await tab.desk.save(written);
  return written;
}

describe('which draft a tab works on', () => {
  test('its own again after a reload, with the same key', async () => {
    const tab = here.tab();
    const written = await write(tab, 'Payout');
    tab.desk.close();
    const opened = await here.tab(tab.session()).desk.open(mel, {}, {});
    expect(opened).toEqual({ draft: written, restored: true, copied: false });
  });

  test('the latest that no tab has open, after the browser was restarted', async () => {
    const first = here.tab();
    await write(first, 'First');
    here.pass(1000);
    const second = here.tab();
    await write(second, 'Second');
    first.desk.close();
    second.desk.close();
    const opened = await here.tab().desk.open(mel, {}, {});
    expect(opened.draft.fields.title).toBe('Second');
  });

  test('a new one while another tab has the only one open', async () => {
    const written = await write(here.tab(), 'First');
    const opened = await here.tab().desk.open(mel, {}, {});
    expect(opened.restored).toBe(false);
    expect(opened.draft.draftID).not.toBe(written.draftID);
    expect(opened.draft.idempotencyKey).not.toBe(written.idempotencyKey);
  });

  test('in a duplicated tab a copy with the same key, so that both submit one ticket and neither overwrites the other', async () => {
    vi.useFakeTimers();
    try {
      const first = here.tab();
      const written = await write(first, 'First');
      const second = here.tab(first.session());
      const opening = second.desk.open(mel, {}, {});
      await vi.runAllTimersAsync();
      const { draft, copied } = await opening;
      expect(copied).toBe(true);
      expect(draft.idempotencyKey).toBe(written.idempotencyKey);
      expect(await here.tab().desk.take(draft), 'a third tab leaves the copy alone').toBe(false);
      await second.desk.save({ ...draft, fields: { title: 'Second' } });
      expect([...here.drafts.values()].map(({ fields }) => fields.title).sort()).toEqual(['First', 'Second']);
    } finally {
      vi.useRealTimers();
    }
  });

  test('in a duplicated tab that is reloaded a copy again, and what was changed in it', async () => {
    vi.useFakeTimers();
    const reload = async (tab: ReturnType<typeof here.tab>) => {
      tab.desk.close();
      const anew = here.tab(tab.session());
      const opening = anew.desk.open(mel, {}, {});
      await vi.runAllTimersAsync();
      return { ...anew, ...(await opening) };
    };
    try {
      const first = here.tab();
      await write(here.tab(), 'Of a third tab');
      await write(first, 'First');
      const copy = await reload(await reload({ ...here.tab(first.session()) }));
      expect(copy).toMatchObject({ copied: true, draft: { fields: { title: 'First' } } });
      await copy.desk.save({ ...copy.draft, fields: { title: 'Second' } });
      const changed = await reload(copy);
      expect(changed).toMatchObject({ copied: false, draft: { fields: { title: 'Second' } } });

      const left = await reload(here.tab(first.session()));
      left.desk.close();
      await left.desk.save({ ...left.draft, fields: { title: 'Third' } });
      expect(await reload(left), 'saved only after the form was left').toMatchObject({
        draft: { fields: { title: 'Third' } },
      });
    } finally {
      vi.useRealTimers();
    }
  });

  test.each([
    ['person', { userID: 'pat', accountID: 'gym' }],
    ['account', { userID: 'mel', accountID: 'cafe' }],
  ])('never that of another %s, whether the device has it or the tab', async (_, scope) => {
    const tab = here.tab();
    const written = await write(tab, 'Secret');
    tab.desk.stash(written);
    tab.desk.close();
    for (const next of [here.tab(), here.tab(tab.session())]) {
      expect(next.desk.begun(scope.accountID)).toBeUndefined();
      const { draft, restored } = await next.desk.open(scope, {}, {});
      expect([draft.fields, restored]).toEqual([{}, false]);
      expect(await next.desk.others(draft)).toEqual([]);
    }
  });

  test('its own after a reload, whichever it was, though another was written since', async () => {
    const first = here.tab();
    const written = await write(first, 'First');
    first.desk.close();
    const tab = here.tab();
    expect((await tab.desk.open(mel, {}, {})).draft).toEqual(written);
    here.pass(1000);
    const second = here.tab();
    await write(second, 'Second');
    second.desk.close();
    tab.desk.close();
    const again = here.tab(tab.session());
    expect((await again.desk.open(mel, {}, {})).draft).toEqual(written);
    const fresh = { ...again.desk.blank(mel, { title: 'Fresh' }, {}), savedOn: written.savedOn };
    await again.desk.discard(written, fresh);
    await again.desk.save(fresh);
    again.desk.close();
    expect((await here.tab(again.session()).desk.open(mel, {}, {})).draft).toEqual(fresh);
  });

  test('its own after a reload, though the page before is still going', async () => {
    vi.useFakeTimers();
    try {
      const tab = here.tab();
      const written = await write(tab, 'Payout');
      const opening = here.tab(tab.session()).desk.open(mel, {}, {});
      await vi.advanceTimersByTimeAsync(200);
      tab.desk.close();
      await vi.runAllTimersAsync();
      expect(await opening).toEqual({ draft: written, restored: true, copied: false });
    } finally {
      vi.useRealTimers();
    }
  });

  test('a new one when something else is typed already, and the old one is offered', async () => {
    const tab = here.tab();
    const written = await write(tab, 'Old');
    tab.desk.close();
    const next = here.tab();
    const { draft } = await next.desk.open(mel, { title: 'New' }, {});
    expect(draft.fields).toEqual({ title: 'New' });
    expect(await next.desk.others(draft)).toEqual([{ draft: written, elsewhere: false }]);
    expect(await next.desk.takeOther(written)).toEqual(written);
    expect(await here.tab().desk.take(draft), 'what it had open is free').toBe(true);
  });

  test('a new one where the latest was filed in another tab at the moment at which it was found', async () => {
    const writer = here.tab();
    const written = await write(writer, 'Filed');
    const list = here.shelf.ofUser;
    here.shelf.ofUser = async (userID) => {
      here.shelf.ofUser = list;
      const found = await list(userID);
      await writer.desk.filed(written);
      writer.desk.close();
      return found;
    };
    const { draft, restored } = await here.tab().desk.open(mel, {}, {});
    expect([draft.fields, restored]).toEqual([{}, false]);
    expect(draft.idempotencyKey).not.toBe(written.idempotencyKey);
  });

  test('the old one where it does not contradict what is typed already', async () => {
    const tab = here.tab();
    const written = await write(tab, 'Old');
    tab.desk.close();
    const { draft } = await here.tab().desk.open(mel, { author: 'Mel' }, {});
    expect(draft).toEqual(written);
  });
});

describe('a link that fills in the form', () => {
  const link = { title: 'Order 17' };

  test('begins a draft of its own and overwrites none', async () => {
    const tab = here.tab();
    await write(tab, 'Mine');
    tab.desk.close();
    const next = here.tab();
    const { draft } = await next.desk.open(mel, {}, link);
    expect(draft.fields).toEqual(link);
    expect(await next.desk.others(draft)).toHaveLength(1);
  });

  test('followed again, goes on with what was made of it, and so does the tab without it', async () => {
    const tab = here.tab();
    const { draft } = await tab.desk.open(mel, {}, link);
    await tab.desk.save({ ...draft, fields: { title: 'Order 17, late' } });
    tab.desk.close();
    const again = here.tab();
    expect((await again.desk.open(mel, {}, link)).draft.fields).toEqual({ title: 'Order 17, late' });
    again.desk.close();
    const withoutIt = here.tab(again.session());
    expect((await withoutIt.desk.open(mel, {}, {})).draft.fields).toEqual({ title: 'Order 17, late' });
    withoutIt.desk.close();
    expect((await here.tab().desk.open(mel, {}, {})).restored, 'but no other tab').toBe(false);
  });

  test('fills in nothing over what was typed before it was known who is signed in', async () => {
    expect((await here.tab().desk.open(mel, { title: 'Mine' }, link)).draft.fields).toEqual({ title: 'Mine' });
  });

  test.each([
    ['goes on in what was made of it', link, ['Order 17, late']],
    ['is a draft beside one that it has not begun', {}, ['Order 17, late', 'Order 17']],
  ])(
    'what is begun under it before it was known who is signed in %s, and on the device',
    async (_, prefill, titles) => {
      const tab = here.tab();
      const { draft } = await tab.desk.open(mel, {}, prefill);
      await tab.desk.save({ ...draft, fields: { title: 'Order 17, late' } });
      tab.desk.close();
      const again = here.tab(tab.session());
      const begun = again.desk.blank({ userID: '', accountID: 'gym' }, { ...link, author: 'Mel' }, link);
      await again.desk.save(begun);
      const opened = await again.desk.open(mel, { author: 'Mel' }, link, begun);
      expect(opened.draft.fields.title).toBe(titles.at(-1));
      expect([...here.drafts.values()].map(({ fields }) => fields.title)).toEqual(titles);
    },
  );

  test('leaves no draft by itself, but keeps its key once it was sent, until it is known what became of it', async () => {
    const tab = here.tab();
    const { draft } = await tab.desk.open(mel, {}, link);
    await tab.desk.save(draft);
    expect(here.drafts.size).toBe(0);
    await tab.desk.save({ ...draft, attempted: true });
    tab.desk.close();
    const { draft: again, restored } = await here.tab().desk.open(mel, {}, link);
    expect([again.idempotencyKey, restored]).toEqual([draft.idempotencyKey, false]);
    expect(await here.tab().desk.others(here.tab().desk.blank(mel, {}, {})), 'nothing to offer').toEqual([]);
  });

  test('fills in what was not typed before it was known who is signed in', async () => {
    const tab = here.tab();
    const begun = tab.desk.blank({ userID: '', accountID: 'gym' }, { author: 'Mel' }, link);
    expect((await tab.desk.open(mel, { author: 'Mel' }, link, begun)).draft).toEqual({
      ...begun,
      userID: 'mel',
      fields: { ...link, author: 'Mel' },
    });
  });
});

describe('before it is known who is signed in', () => {
  test('what is typed stays with the tab, and is the person’s after signing in, key included', async () => {
    const tab = here.tab();
    const begun = tab.desk.blank({ userID: '', accountID: 'gym' }, { title: 'Before' }, {});
    await tab.desk.save(begun);
    expect(here.drafts.size).toBe(0);
    const back = here.tab(tab.session());
    expect(back.desk.begun('gym')).toEqual(begun);
    const { draft } = await back.desk.open(mel, {}, {});
    expect(draft).toEqual({ ...begun, userID: 'mel' });
    expect([...here.drafts.values()]).toEqual([{ ...begun, userID: 'mel' }]);
    expect(back.desk.begun('gym')).toBeUndefined();
  });

  test('the copy of a ticket that was accepted is not taken for a draft', async () => {
    const tab = here.tab();
    await tab.desk.sent(tab.desk.blank({ userID: '', accountID: 'gym' }, { title: 'Before' }, {}), 'submission-1');
    expect(JSON.stringify(tab.session())).toContain('submission-1');
    expect(here.tab(tab.session()).desk.begun('gym')).toBeUndefined();
  });

  test('what is typed while a slow device takes what was begun is not lost, though the form is left then', async () => {
    const tab = here.tab();
    const begun = tab.desk.blank({ userID: '', accountID: 'gym' }, { title: 'Before' }, {});
    await tab.desk.save(begun);
    here.pass(100);
    const later = { ...begun, fields: { title: 'Before and after' }, savedOn: here.now().toISOString() };
    const put = here.shelf.put;
    here.shelf.put = async (draft) => {
      await put(draft);
      await tab.desk.save(later);
    };
    const { draft } = await tab.desk.open(mel, begun.fields, {}, begun);
    expect(tab.desk.begun('gym')).toEqual(later);
    here.shelf.put = put;
    expect(await tab.desk.open(mel, later.fields, {}, later), 'looked for again, as what the tab has open').toEqual({
      draft: { ...later, userID: 'mel' },
      restored: true,
      copied: false,
    });
    expect([...here.drafts.keys()]).toEqual([draft.draftID]);
  });

  test('what is begun goes on where the tab’s own draft has left off, and is no draft beside it', async () => {
    const tab = here.tab();
    const written = await write(tab, 'Earlier');
    tab.desk.close();
    const again = here.tab(tab.session());
    const begun = again.desk.blank({ userID: '', accountID: 'gym' }, { 'contact.name': 'Mel' }, {});
    await again.desk.save(begun);
    const { draft, restored } = await again.desk.open(mel, { 'contact.name': 'Mel' }, {}, begun);
    expect(draft).toEqual(written);
    expect(restored).toBe(true);
    expect(again.desk.begun('gym'), 'kept until the device has it').toEqual(begun);
    const whole = { ...draft, fields: { ...draft.fields, ...begun.fields } };
    await again.desk.save(whole);
    expect([...here.drafts.values()]).toEqual([whole]);
    expect(again.desk.begun('gym')).toBeUndefined();
  });

  test('what is begun and contradicts the tab’s own draft is a draft beside it', async () => {
    const tab = here.tab();
    await write(tab, 'Earlier');
    tab.desk.close();
    const again = here.tab(tab.session());
    const begun = again.desk.blank({ userID: '', accountID: 'gym' }, { title: 'Something else' }, {});
    await again.desk.save(begun);
    const { draft } = await again.desk.open(mel, { title: 'Something else' }, {}, begun);
    expect(draft).toEqual({ ...begun, userID: 'mel' });
    expect([...here.drafts.values()].map(({ fields }) => fields.title).sort()).toEqual(['Earlier', 'Something else']);
  });

  test('what is begun in a duplicated tab leaves the draft alone that the other one has open', async () => {
    vi.useFakeTimers();
    try {
      const tab = here.tab();
      const written = await write(tab, 'Earlier');
      const second = here.tab(tab.session());
      const begun = second.desk.blank({ userID: '', accountID: 'gym' }, { 'contact.name': 'Mel' }, {});
      await second.desk.save(begun);
      const opening = second.desk.open(mel, { 'contact.name': 'Mel' }, {}, begun);
      await vi.runAllTimersAsync();
      await opening;
      expect(here.drafts.get(written.draftID)).toEqual(written);
    } finally {
      vi.useRealTimers();
    }
  });

  test('what another tab writes until it lets go of a draft is in the draft that is opened then', async () => {
    vi.useFakeTimers();
    try {
      const first = here.tab();
      const written = await write(first, 'Earl');
      const opening = here.tab(first.session()).desk.open(mel, {}, {});
      await vi.advanceTimersByTimeAsync(60);
      const later = { ...written, fields: { title: 'Early' } };
      await first.desk.save(later);
      first.desk.close();
      await vi.runAllTimersAsync();
      expect(await opening).toEqual({ draft: later, restored: true, copied: false });
    } finally {
      vi.useRealTimers();
    }
  });

  test('what a page kept at the last moment wins over what was saved earlier', async () => {
    const tab = here.tab();
    const written = await write(tab, 'Earl');
    here.pass(100);
    tab.desk.stash({ ...written, fields: { title: 'Early' }, savedOn: here.now().toISOString() });
    await tab.desk.save(written);
    tab.desk.close();
    expect((await here.tab(tab.session()).desk.open(mel, {}, {})).draft.fields.title).toBe('Early');
  });

  test.each([
    ['goes on in it', { typed: { body: '<p>On</p>' }, shown: { title: 'Early', body: '<p>On</p>' } }],
    ['contradicts it', { typed: { title: 'Another' }, shown: { title: 'Another' } }],
  ])('what a page kept at the last moment is not lost to what is typed right after, which %s', async (_, given) => {
    const tab = here.tab();
    const written = await write(tab, 'Earl');
    here.pass(100);
    tab.desk.stash({ ...written, fields: { title: 'Early' }, savedOn: here.now().toISOString() });
    tab.desk.close();
    const again = here.tab(tab.session());
    const begun = again.desk.blank({ userID: '', accountID: 'gym' }, given.typed, {});
    await again.desk.save(begun);
    const { draft } = await again.desk.open(mel, given.typed, {}, begun);
    expect({ ...draft.fields, ...given.typed }).toEqual(given.shown);
    expect(here.drafts.get(written.draftID)?.fields.title).toBe('Early');
    await again.desk.save({ ...draft, fields: given.shown });
    expect(JSON.stringify(again.session())).not.toMatch(/Early|On|Another/);
  });

  test('what a page kept at the last moment wins though the device, which has older text, takes it no more', async () => {
    const tab = here.tab();
    const written = await write(tab, 'Earl');
    here.pass(100);
    const later = { ...written, fields: { title: 'Early' }, savedOn: here.now().toISOString() };
    tab.desk.stash(later);
    tab.desk.close();
    here.shelf.put = () => Promise.reject(new Error('full'));
    expect((await here.tab(tab.session()).desk.open(mel, {}, {})).draft).toEqual(later);
  });

  test('what a page kept at the last moment is the last of it, however often it was kept', async () => {
    const tab = here.tab();
    const draft = tab.desk.blank(mel, { title: 'Early' }, {});
    for (const title of ['Early', 'Earlier', 'Late']) tab.desk.stash({ ...draft, fields: { title } });
    expect(JSON.stringify(tab.session())).not.toContain('Earl');
    expect((await here.tab(tab.session()).desk.open(mel, {}, {})).draft.fields.title).toBe('Late');
  });

  test('what a page kept at the last moment stays, though a write of a form that was left before fails only then', async () => {
    const tab = here.tab();
    const draft = tab.desk.blank(mel, { title: 'Early' }, {});
    here.pass(1000);
    tab.desk.stash({ ...draft, fields: { title: 'Late' }, savedOn: here.now().toISOString() });
    tab.desk.stash(draft);
    expect((await here.tab(tab.session()).desk.open(mel, {}, {})).draft.fields.title).toBe('Late');
  });

  test('what was kept at the last moment for two accounts is there for both', async () => {
    const tab = here.tab();
    const cafe = { ...mel, accountID: 'cafe' };
    for (const scope of [mel, cafe]) tab.desk.stash(tab.desk.blank(scope, { title: scope.accountID }, {}));
    for (const scope of [mel, cafe])
      expect((await here.tab(tab.session()).desk.open(scope, {}, {})).draft.fields.title).toBe(scope.accountID);
  });

  test('what a tab kept at the last moment outlives the tab, whoever opens the form in it, for whichever account', async () => {
    const tab = here.tab();
    const others = [
      { ...mel, accountID: 'cafe' },
      { ...mel, userID: 'ines' },
    ];
    for (const scope of others)
      tab.desk.stash(tab.desk.blank(scope, { title: `${scope.userID} ${scope.accountID}` }, {}));
    const again = here.tab(tab.session());
    expect((await again.desk.open(mel, {}, {})).draft.fields).toEqual({});
    await eventually(() => expect(again.session()['draft-stash']).toBeUndefined());
    for (const scope of others)
      expect((await here.tab().desk.open(scope, {}, {})).draft.fields.title).toBe(`${scope.userID} ${scope.accountID}`);
  });

  test.each([
    ['what the device has since', { kept: 0, stored: 100, stays: 'on the device' }],
    ['what the tab has kept since', { kept: 100, stored: 0, stays: 'with the tab' }],
  ])('of what a tab kept for another account the later text stays: %s', async (_, { kept, stored, stays }) => {
    const tab = here.tab();
    const draft = tab.desk.blank({ ...mel, accountID: 'cafe' }, {}, {});
    const at = (ms: number, title: string) => ({ ...draft, fields: { title }, savedOn: new Date(ms).toISOString() });
    tab.desk.stash(at(kept, 'with the tab'));
    await here.shelf.put(at(stored, 'on the device'));
    await tab.desk.open(mel, {}, {});
    await eventually(() => expect(tab.session()['draft-stash']).toBeUndefined());
    expect(here.drafts.get(draft.draftID)?.fields.title).toBe(stays);
  });

  test('what a page of an earlier version kept at the last moment is there', async () => {
    const { desk } = here.tab();
    const kept = desk.blank(mel, { title: 'Early' }, {});
    expect((await here.tab({ 'draft-stash': JSON.stringify(kept) }).desk.open(mel, {}, {})).draft).toEqual(kept);
  });

  test('what another tab has written since wins over what a page kept at the last moment', async () => {
    const tab = here.tab();
    const written = await write(tab, 'Earl');
    tab.desk.stash({ ...written, fields: { title: 'Early' } });
    tab.desk.close();
    const other = here.tab();
    await other.desk.open(mel, {}, {});
    here.pass(100);
    const later = { ...written, fields: { title: 'Earlier' }, savedOn: here.now().toISOString() };
    await other.desk.save(later);
    other.desk.close();
    expect((await here.tab(tab.session()).desk.open(mel, {}, {})).draft).toEqual(later);
  });

  test('what is begun for one account stays with the tab while another has a draft opened and saved', async () => {
    const tab = here.tab();
    const written = await write(tab, 'Earlier');
    const begun = tab.desk.blank({ userID: '', accountID: 'cafe' }, { title: 'Coffee' }, {});
    await tab.desk.save(begun);
    tab.desk.close();
    const again = here.tab(tab.session());
    expect(again.desk.begun('gym')).toBeUndefined();
    const { draft } = await again.desk.open(mel, {}, {}, again.desk.blank({ userID: '', accountID: 'gym' }, {}, {}));
    expect(draft).toEqual(written);
    await again.desk.save(draft);
    expect(again.desk.begun('cafe')).toEqual(begun);
  });

  test('a form that is empty, or has been emptied, leaves nothing with the tab', async () => {
    const tab = here.tab();
    const begun = tab.desk.blank({ userID: '', accountID: 'gym' }, { title: 'Before' }, {});
    await tab.desk.save(begun);
    await tab.desk.save({ ...begun, fields: { title: '' } });
    tab.desk.stash({ ...begun, fields: {} });
    expect(tab.session()).toEqual({});
  });
});

describe('the end of a draft', () => {
  test('filed, it goes with every copy of it, and the next form is empty', async () => {
    const tab = here.tab();
    const written = await write(tab, 'Filed');
    await here.shelf.put({ ...written, draftID: 'copy' });
    await tab.desk.filed(written);
    tab.desk.close();
    expect(here.drafts.size).toBe(0);
    expect((await here.tab(tab.session()).desk.open(mel, {}, {})).restored).toBe(false);
  });

  test('filed, a copy in which somebody has written on stays, on the device and with the tab', async () => {
    const tab = here.tab();
    const written = await write(tab, 'Filed');
    const copy = { ...written, draftID: 'copy', fields: { ...written.fields, body: '<p>More</p>' } };
    const another = { ...tab.desk.blank(written, written.fields, {}), draftID: 'another' };
    for (const draft of [copy, another]) await here.shelf.put(draft);
    tab.desk.stash({ ...copy, draftID: 'kept' });
    await tab.desk.filed(written);
    expect([...here.drafts.values()], 'and so does another ticket of the same words').toEqual([copy, another]);
    expect(JSON.stringify(tab.session())).toContain('More');
  });

  test('filed, it takes nothing with it that the tab keeps of another', async () => {
    const tab = here.tab();
    const written = await write(tab, 'Filed');
    const other = tab.desk.blank(written, { title: 'Another' }, {});
    tab.desk.stash(other);
    await tab.desk.filed(written);
    tab.desk.close();
    expect((await here.tab(tab.session()).desk.open(mel, {}, {})).draft).toEqual(other);
  });

  test('filed before the device has it, nothing stays of what was begun and went on in it', async () => {
    const tab = here.tab();
    await write(tab, 'Earlier');
    tab.desk.close();
    const again = here.tab(tab.session());
    const begun = again.desk.blank({ userID: '', accountID: 'gym' }, { 'contact.name': 'Mel' }, {});
    await again.desk.save(begun);
    const { draft } = await again.desk.open(mel, { 'contact.name': 'Mel' }, {}, begun);
    await again.desk.filed(draft);
    expect(again.desk.begun('gym')).toBeUndefined();
    expect(here.drafts.size).toBe(0);
  });

  test('filed, nothing of it stays with the tab, what is left of the draft it was copied from neither', async () => {
    const tab = here.tab();
    const written = await write(tab, 'Filed');
    for (const kept of [written, { ...written, draftID: 'original' }]) {
      tab.desk.stash(kept);
      await tab.desk.filed(written);
      expect(tab.session()).toEqual({});
    }
  });

  test('accepted and not delivered yet, it is kept as a copy and offered to nobody', async () => {
    const tab = here.tab();
    const written = await write(tab, 'Kept');
    tab.desk.stash(written);
    await tab.desk.sent(written, 'submission-1');
    tab.desk.close();
    expect(await here.shelf.ofSubmission('submission-1')).toHaveLength(1);
    expect(JSON.stringify(tab.session()), 'only the device has it').not.toContain('Kept');
    const next = here.tab(tab.session());
    const { draft, restored } = await next.desk.open(mel, {}, {});
    expect(restored).toBe(false);
    expect(await next.desk.others(draft)).toEqual([]);
  });

  test('its copy stays with the tab where the device refuses it, and is no draft there', async () => {
    const tab = here.tab();
    const written = await write(tab, 'Kept');
    const refused = vi.spyOn(here.shelf, 'put').mockRejectedValue(new Error('full'));
    await tab.desk.sent(written, 'submission-1');
    tab.desk.close();
    refused.mockRestore();
    here.drafts.clear();
    expect(JSON.stringify(tab.session())).toContain('submission-1');
    const next = here.tab(tab.session());
    const { restored } = await next.desk.open(mel, {}, {});
    expect(restored).toBe(false);
    expect(JSON.stringify(next.session())).toContain('submission-1');
  });

  test.each([
    ['refuses', () => Promise.reject(new Error('full'))],
    ['never answers', () => new Promise<never>(() => undefined)],
  ])(
    'its copy is with the tab where the device %s, and what the device has of it is no draft there',
    async (_, put) => {
      const tab = here.tab();
      const written = await write(tab, 'Kept');
      vi.spyOn(here.shelf, 'put').mockImplementation(put);
      void tab.desk.sent(written, 'submission-1');
      tab.desk.close();
      expect(JSON.stringify(tab.session())).toContain('submission-1');
      const next = here.tab(tab.session());
      const { draft, restored } = await next.desk.open(mel, {}, {});
      expect(restored).toBe(false);
      expect(await next.desk.others(draft)).toEqual([]);
    },
  );

  test('its copy stays though a tab is opened again that keeps the draft as it was before', async () => {
    const closed = here.tab();
    const written = await write(closed, 'Payout');
    closed.desk.stash(written);
    closed.desk.close();
    here.pass(1000);
    const tab = here.tab();
    await tab.desk.open(mel, {}, {});
    await tab.desk.sent({ ...written, fields: { title: 'Payout missing' } }, 'submission-1');
    tab.desk.close();
    expect((await here.tab(closed.session()).desk.open(mel, {}, {})).restored).toBe(false);
    expect([...here.drafts.values()]).toEqual([
      expect.objectContaining({ fields: { title: 'Payout missing' }, submissionID: 'submission-1' }),
    ]);
  });

  test('its text that was put back stays, though the device that has the copy takes it no more', async () => {
    const tab = here.tab();
    const written = await write(tab, 'Payout');
    await tab.desk.sent(written, 'submission-1');
    here.pass(1000);
    const putBack = { ...written, fields: { title: 'Payout missing' }, savedOn: here.now().toISOString() };
    tab.desk.stash(putBack);
    tab.desk.close();
    here.shelf.put = () => Promise.reject(new Error('full'));
    expect((await here.tab(tab.session()).desk.open(mel, {}, {})).draft).toEqual(putBack);
  });

  test('a copy that nobody asked for goes after thirty days, and a draft does not', async () => {
    const tab = here.tab();
    const kept = await write(tab, 'Kept');
    here.pass(29 * 86_400_000);
    await tab.desk.sent(kept, 'submission-1');
    const unsent = await write(tab, 'Not sent');
    here.pass(29 * 86_400_000);
    await here.tab().desk.open(mel, {}, {});
    expect(here.drafts.size).toBe(2);
    here.pass(2 * 86_400_000);
    await here.tab().desk.open(mel, {}, {});
    await eventually(() => expect([...here.drafts.values()]).toEqual([unsent]));
  });

  test('discarded, it is gone, and can be had back as it was', async () => {
    const tab = here.tab();
    const written = await write(tab, 'Oops');
    tab.desk.stash(written);
    await tab.desk.discard(written, tab.desk.blank(mel, {}, {}));
    expect(here.drafts.size).toBe(0);
    expect(JSON.stringify(tab.session())).not.toContain('Oops');
    expect(await tab.desk.take(written)).toBe(true);
    await tab.desk.save(written);
    tab.desk.close();
    expect((await here.tab(tab.session()).desk.open(mel, {}, {})).draft).toEqual(written);
  });

  test('a tab that showed no form when everything was deleted gives none of that back, and what was written since', async () => {
    const [tab, elsewhere] = [here.tab(), here.tab()];
    for (const userID of ['', mel.userID]) tab.desk.stash(tab.desk.blank({ ...mel, userID }, { title: 'Deleted' }, {}));
    const somebody = { userID: 'ines', accountID: 'books' };
    tab.desk.stash(tab.desk.blank(somebody, { title: 'Hers' }, {}));
    elsewhere.wipe(mel.userID, here.now().toISOString());
    const again = here.tab(tab.session());
    expect(again.desk.begun(mel.accountID)).toBeUndefined();
    expect(await again.desk.open(mel, {}, {})).toMatchObject({ restored: false, draft: { fields: {} } });
    expect((await again.desk.open(somebody, {}, {})).draft.fields).toEqual({ title: 'Hers' });
    tab.wipe(mel.userID, here.now().toISOString());
    expect(JSON.stringify(tab.session()), 'nor does a tab keep it for later').not.toContain('Deleted');
    here.pass(1);
    again.desk.stash(again.desk.blank(mel, { title: 'Written since' }, {}));
    const later = here.tab(again.session());
    expect((await later.desk.open(mel, {}, {})).draft.fields).toEqual({ title: 'Written since' });
    expect(JSON.stringify(later.session())).not.toContain('Deleted');
  });

  test('wiped from another tab, it stays away, and what is typed next stays with the tab until the person is back', async () => {
    const tab = here.tab();
    const old = await write(tab, 'Old');
    for (const userID of ['', mel.userID]) tab.desk.stash(tab.desk.blank({ ...mel, userID }, { title: 'Older' }, {}));
    tab.desk.stash(tab.desk.blank({ ...mel, userID: 'ines' }, { title: 'Hers' }, {}));
    const fresh = tab.desk.blank(mel, {}, {});
    await tab.desk.wiped(old, fresh);
    expect(JSON.stringify(tab.session())).not.toContain('Old');
    expect(JSON.stringify(tab.session()), 'of somebody else nothing was deleted').toContain('Hers');
    const written = { ...fresh, fields: { title: 'New' } };
    await tab.desk.save(written);
    expect(here.drafts.size, 'nothing on the device').toBe(0);
    tab.desk.close();
    expect((await here.tab(tab.session()).desk.open(mel, {}, {})).draft, 'signed in again in this tab').toEqual(
      written,
    );
    here.drafts.clear();
    tab.desk.back();
    await tab.desk.save(written);
    expect([...here.drafts.values()]).toEqual([written]);
    expect(JSON.stringify(tab.session())).not.toContain('New');
  });

  test('wiped from another tab, a browser that keeps nothing for the tab says so when saving', async () => {
    const tab = here.tab();
    const fresh = tab.desk.blank(mel, {}, {});
    await tab.desk.wiped(await write(tab, 'Old'), fresh);
    tab.refuse();
    await expect(tab.desk.save({ ...fresh, fields: { title: 'New' } })).rejects.toThrow();
  });

  test('emptied by hand, it is no draft any more', async () => {
    const tab = here.tab();
    const written = await write(tab, 'Word');
    await tab.desk.save({ ...written, fields: { title: '' } });
    expect(here.drafts.size).toBe(0);
  });
});

describe('other drafts', () => {
  test('one that is open in another tab is told apart and cannot be taken', async () => {
    const first = await write(here.tab(), 'Elsewhere');
    const tab = here.tab();
    const { draft } = await tab.desk.open(mel, {}, {});
    expect(await tab.desk.others(draft)).toEqual([{ draft: first, elsewhere: true }]);
    expect(await tab.desk.takeOther(first)).toBeUndefined();
    expect(await tab.desk.take(first)).toBe(false);
  });

  test('one that another tab has written on since it was listed opens as it is now', async () => {
    const writer = here.tab();
    const written = await write(writer, 'One');
    const tab = here.tab();
    const { draft } = await tab.desk.open(mel, {}, {});
    const [listed] = await tab.desk.others(draft);
    const longer = { ...written, fields: { title: 'One', body: '<p>A long story</p>' } };
    await writer.desk.save(longer);
    writer.desk.close();
    expect(listed?.draft).toEqual(written);
    expect(await tab.desk.takeOther(written)).toEqual(longer);
  });

  test('one that the tab has written on and the device has not taken opens with all that was written', async () => {
    const tab = here.tab();
    const written = await write(tab, 'One');
    here.pass(1000);
    const longer = {
      ...written,
      fields: { title: 'One', body: '<p>A long story</p>' },
      savedOn: here.now().toISOString(),
    };
    tab.desk.stash(longer);
    await tab.desk.take(tab.desk.blank(mel, {}, {}));
    expect(await tab.desk.takeOther(written)).toEqual(longer);
  });

  test.each([
    ['opened', (tab: ReturnType<typeof here.tab>, draft: Draft) => tab.desk.takeOther(draft)],
    ['brought back', (tab: ReturnType<typeof here.tab>, draft: Draft) => tab.desk.take(draft)],
  ])(
    'one that was %s is the tab’s own after a reload, is not offered to it, and is free when it closes',
    async (_, take) => {
      const first = here.tab();
      const written = await write(first, 'First');
      first.desk.close();
      here.pass(1000);
      const tab = here.tab();
      const { draft: second } = await tab.desk.open(mel, { title: 'Second' }, {});
      await tab.desk.save(second);
      await take(tab, written);
      expect((await tab.desk.others(written)).map(({ draft }) => draft)).toEqual([second]);
      tab.desk.close();
      expect((await here.tab(tab.session()).desk.open(mel, {}, {})).draft).toEqual(written);
    },
  );

  test('one that the tab has left does not come back after a reload because its last write ends late', async () => {
    const first = here.tab();
    const written = await write(first, 'First');
    first.desk.close();
    const tab = here.tab();
    const { draft: own } = await tab.desk.open(mel, { title: 'Own' }, {});
    await tab.desk.save(own);
    await tab.desk.takeOther(written);
    await tab.desk.save(own);
    tab.desk.close();
    expect((await here.tab(tab.session()).desk.open(mel, {}, {})).draft).toEqual(written);
  });

  test('one that is no longer wanted when it is found does not open, and another tab can have it', async () => {
    const first = here.tab();
    const written = await write(first, 'First');
    first.desk.close();
    const tab = here.tab();
    const { draft: own } = await tab.desk.open(mel, { title: 'Own' }, {});
    expect(await tab.desk.takeOther(written, () => false)).toBeUndefined();
    expect(tab.session()).toEqual({ 'draft mel gym': own.draftID });
    expect(await here.tab().desk.take(written)).toBe(true);
  });

  test('one that was filed since it was listed does not open, and the tab keeps its own', async () => {
    const writer = here.tab();
    const written = await write(writer, 'One');
    const tab = here.tab();
    const own = await write(tab, 'Own');
    await writer.desk.filed(written);
    writer.desk.close();
    expect(await tab.desk.takeOther(written)).toBeUndefined();
    expect(await here.tab().desk.take(written), 'nobody has it open').toBe(true);
    expect((await here.tab().desk.others(written)).map(({ elsewhere }) => elsewhere)).toEqual([true]);
    expect(tab.session()).toEqual({ 'draft mel gym': own.draftID });
  });
});

describe('a device that refuses', () => {
  test('still gives a form, with what was filled in', async () => {
    here.shelf.ofUser = () => Promise.reject(new Error('refused'));
    here.shelf.put = () => Promise.reject(new Error('refused'));
    const tab = here.tab({ 'draft-stash': '{"draftID":7,"userID":"","accountID":"gym"}' });
    tab.refuse();
    expect(tab.desk.begun('gym')).toBeUndefined();
    const { draft } = await tab.desk.open(mel, { author: 'Mel' }, { title: 'Order 17' });
    expect(draft.fields).toEqual({ title: 'Order 17', author: 'Mel' });
  });

  test('still gives back what the tab has kept, which goes on keeping it for that person alone', async () => {
    const tab = here.tab();
    const begun = tab.desk.blank({ userID: '', accountID: 'gym' }, { title: 'Before' }, {});
    await tab.desk.save(begun);
    here.shelf.put = () => Promise.reject(new Error('refused'));
    here.shelf.ofUser = () => Promise.reject(new Error('refused'));
    const again = here.tab(tab.session());
    expect((await again.desk.open(mel, {}, {})).draft).toEqual({ ...begun, userID: 'mel' });
    again.desk.close();
    const next = here.tab(again.session());
    expect((await next.desk.open({ ...mel, userID: 'bob' }, {}, {})).restored).toBe(false);
    expect((await next.desk.open(mel, {}, {})).draft).toEqual({ ...begun, userID: 'mel' });
  });

  test('gives what was taken into a draft to nobody else', async () => {
    const first = here.tab();
    await write(first, 'Payout');
    const tab = here.tab(first.session());
    first.desk.close();
    const own = tab.desk.blank({ userID: '', accountID: 'gym' }, { body: '<p>Typed on</p>' }, {});
    await tab.desk.save(own);
    const { draft } = await tab.desk.open(mel, own.fields, {}, own);
    here.shelf.put = () => Promise.reject(new Error('full'));
    here.pass(1000);
    const taken = { ...draft, fields: { ...draft.fields, ...own.fields }, savedOn: here.now().toISOString() };
    // What the form does when the device has refused it.
    tab.desk.stash(taken);
    tab.desk.close();
    const next = here.tab(tab.session());
    expect((await next.desk.open({ ...mel, userID: 'bob' }, {}, {})).restored).toBe(false);
    expect((await next.desk.open(mel, {}, {})).draft).toEqual(taken);
  });

  test('says so when saving', async () => {
    const tab = here.tab();
    const { draft } = await tab.desk.open(mel, {}, {});
    here.shelf.put = () => Promise.reject(new Error('full'));
    await expect(tab.desk.save({ ...draft, fields: { title: 'x' } })).rejects.toThrow('full');
  });
});

test('what was submitted before the device was looked through stays with the tab that alone has it, though another draft is opened and saved', async () => {
  const first = here.tab();
  await write(first, 'Found');
  const tab = here.tab(first.session());
  first.desk.close();
  const own = tab.desk.blank({ userID: '', accountID: 'gym' }, { body: '<p>Submitted</p>' }, {});
  await tab.desk.save(own);
  const { draft: found } = await tab.desk.open(mel, own.fields, {}, own);
  expect(found.fields).toEqual({ title: 'Found' });
  // The form keeps the submitted draft, and the device refuses to store it.
  await tab.desk.take({ ...own, ...mel });
  tab.desk.stash({ ...own, ...mel });
  const other = await tab.desk.takeOther(found);
  here.pass(1000);
  await tab.desk.save({ ...found, ...other, savedOn: here.now().toISOString() });
  expect(tab.session()['draft-stash']).toContain('Submitted');
});
