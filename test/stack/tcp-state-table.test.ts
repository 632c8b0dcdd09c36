/**
 * The TCP state machine as one table: every state meets every kind of segment at every place of its sequence and
 * acknowledgement numbers. golden/tcp-state-table.md is the table for the reader: what RFC 9293 says, what lwIP does and
 * by which rule, what we do. Written anew with UPDATE_GOLDEN=1.
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type LwipOutcome, lwipDoes, lwipTakesWindow, RULES } from '../support/lwip-rules.ts';
import { PASSAGES, rfcSays, rfcTakesWindow } from '../support/rfc9293.ts';
import {
  type AckPosition,
  ackPositions,
  KINDS,
  type KindName,
  type Numbers,
  type Observation,
  observe,
  PEER_WINDOW,
  SEQ_POSITIONS,
  type Segment,
  type SeqPosition,
  type Situation,
  situationOf,
  TABLE_STATES,
  type TableState,
  u32,
} from '../support/tcp-cells.ts';
import { isSameOutcome, type Outcome, outcomeText, type Reply } from '../support/tcp-outcome.ts';

const GOLDEN = join(__dirname, '..', 'golden');
const TABLE = join(GOLDEN, 'tcp-state-table.md');

const WRAP = 2 ** 32;
const SIGN = 2 ** 31;
/** The same table with different initial sequence numbers, of which only the first is plain. */
const NUMBERS: Readonly<Record<string, Numbers>> = {
  plain: { isn: 1001, irs: 5000 },
  'the data in flight crosses the wrap': { isn: WRAP - 70, irs: 5000 },
  'SND.NXT is 0 behind a FIN': { isn: WRAP - 101, irs: 5000 },
  'the window crosses the wrap': { isn: 1001, irs: WRAP - 500 },
  'RCV.NXT is 0': { isn: 1001, irs: WRAP - 1 },
  'both wrap': { isn: WRAP - 1, irs: WRAP - 2 },
  'both change sign': { isn: SIGN - 60, irs: SIGN - 1200 },
  'both change sign at the SYN': { isn: SIGN, irs: SIGN - 1 },
};

interface CellResult {
  readonly kind: KindName;
  readonly seq: SeqPosition;
  readonly ack: AckPosition;
  readonly rfc: Outcome;
  readonly lwip: LwipOutcome;
  readonly observed: Observation;
}

const keys = <K extends string>(record: Readonly<Record<K, unknown>>): K[] => Object.keys(record) as K[];

function cellsOf(situation: Situation, numbers: Numbers): CellResult[] {
  const cells: CellResult[] = [];
  for (const kind of keys(KINDS)) {
    for (const seq of keys(SEQ_POSITIONS)) {
      for (const [ack, ackno] of ackPositions(situation)) {
        const at = u32(situation.rcv + SEQ_POSITIONS[seq]);
        const segment: Segment = { ...KINDS[kind], seq: at, ack: ackno };
        cells.push({
          kind,
          seq,
          ack,
          rfc: rfcSays(situation, segment),
          lwip: lwipDoes(situation, segment),
          observed: observe(situation, numbers, segment),
        });
      }
    }
  }
  return cells;
}

/** The peer's window, asked of ACKs in ESTABLISHED after one at R that acknowledged nothing. */
interface WindowResult {
  readonly seq: SeqPosition;
  readonly ack: AckPosition;
  readonly rfc: boolean;
  readonly lwip: boolean;
  readonly observed: boolean;
}

const ESTABLISHED = TABLE_STATES.find((t) => t.state === 'ESTABLISHED')!;
const OTHER_WINDOWS = { 'smaller window': PEER_WINDOW - 1000, 'larger window': PEER_WINDOW + 1000 } as const;

function windowsOf(win: number, numbers: Numbers): WindowResult[] {
  const situation = situationOf(ESTABLISHED, numbers);
  const last: Segment = { ...KINDS.ACK, seq: situation.rcv, ack: situation.una };
  return keys(SEQ_POSITIONS).flatMap((seq) =>
    [...ackPositions(situation)].map(([ack, ackno]) => {
      const segment: Segment = { ...KINDS.ACK, seq: u32(situation.rcv + SEQ_POSITIONS[seq]), ack: ackno, win };
      const { sndWnd } = observe(situation, numbers, last, segment);
      return {
        seq,
        ack,
        rfc: rfcTakesWindow(situation, segment),
        lwip: lwipTakesWindow(situation, segment),
        observed: sndWnd === win,
      };
    }),
  );
}

const MSS_1440 = '020405a0';

/** Everything that counts, in a form that can be compared. */
function predicted({ replies, later, state, app, isQueued, outstanding }: LwipOutcome): string {
  const sent = (r: Reply): string => `${r.flags} ${r.seq} ${r.ack} ${r.win} ${r.flags.includes('S') ? MSS_1440 : ''} 0`;
  return JSON.stringify([replies.map(sent), later.map(sent), state, app, isQueued, outstanding]);
}

function seen({ replies, later, state, app, isQueued, outstanding }: Observation): string {
  const sent = (r: Observation['replies'][number]): string => `${r.flags} ${r.seq} ${r.ack} ${r.win} ${r.opt} ${r.len}`;
  return JSON.stringify([replies.map(sent), later.map(sent), state, app, isQueued, outstanding]);
}

const nameOf = (t: TableState): string => (t.closed ? `${t.state} after close()` : t.state);

/** The cells of a state with plain numbers, run when they are first asked for. */
function plainCells(table: TableState): readonly CellResult[] {
  const known = plain.get(table) ?? cellsOf(situationOf(table, NUMBERS.plain!), NUMBERS.plain!);
  plain.set(table, known);
  return known;
}

const plain = new Map<TableState, readonly CellResult[]>();

describe('TCP state table', () => {
  describe.each(Object.entries(NUMBERS))('%s', (name, numbers) => {
    test.each(TABLE_STATES.map((t) => [nameOf(t), t] as const))('%s', (_name, table) => {
      const cells = name === 'plain' ? plainCells(table) : cellsOf(situationOf(table, numbers), numbers);
      const differences = cells
        .filter((cell) => predicted(cell.lwip) !== seen(cell.observed))
        .map(
          (c) =>
            `${c.kind} at ${c.seq}, ack ${c.ack}: ${seen(c.observed)} instead of ${predicted(c.lwip)} (${c.lwip.rules.join()})`,
        );
      expect(differences).toEqual([]);
      // Relative to the connection's own numbers, nothing may depend on where they began.
      const texts = (list: readonly CellResult[]): string[] =>
        list.map((c) => outcomeText(c.lwip, table.state) + outcomeText(c.rfc, table.state));
      expect(texts(cells)).toEqual(texts(plainCells(table)));
    });

    test.each(Object.entries(OTHER_WINDOWS))('%s', (_name, win) => {
      const cells = windowsOf(win, numbers);
      expect(cells.filter((c) => c.observed !== c.lwip)).toEqual([]);
      expect(cells).toEqual(windowsOf(win, NUMBERS.plain!));
    });
  });

  test('the table for the reader is this one', () => {
    const text = render();
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(TABLE, text);
    expect(text).toBe(readFileSync(TABLE, 'utf8'));
  });

  test('every recording that a rule names is there', () => {
    const { scenarios } = JSON.parse(readFileSync(join(GOLDEN, 'raw', 'tcp-golden-traces.json'), 'utf8'));
    const raw = new Set(scenarios.map((s: { readonly name: string }) => `raw/${s.name}`));
    const missing = Object.values(RULES)
      .flatMap(([, ...traces]): string[] => traces)
      .filter((trace) => !raw.has(trace) && !existsSync(join(GOLDEN, `${trace}.json`)));
    expect(missing).toEqual([]);
  });

  test('every rule is used', () => {
    const used = new Set(TABLE_STATES.flatMap(plainCells).flatMap((c) => [...c.lwip.rules, ...c.rfc.rules]));
    used.add(WINDOW_RULE);
    expect([...used].sort()).toEqual([...keys(RULES), ...keys(PASSAGES)].sort());
  });
});

// The file

function render(): string {
  return `${[INTRODUCTION, ...TABLE_STATES.map(section), windowSection(), legend()].join('\n\n')}\n`;
}

const INTRODUCTION = `# TCP: every state, every segment

Written by \`test/stack/tcp-state-table.test.ts\` (\`UPDATE_GOLDEN=1\` writes it anew), to be checked against RFC 9293.

Columns: **RFC 9293** is what section 3.10.7 asks for, in its own order of steps. **lwIP** is what lwIP 2.1.3-esp does by the
rules that are named; a row that comes to something else than the RFC begins with ≠ (not counted as different: an ACK put
off or sent twice, an ACK flag on a RST, the notice ERR_CLSD that a connection has ended well). **Twin** is what our stack
did in the test: "same" as lwIP. Passages and rules are explained at the end.

- U = SND.UNA, N = SND.NXT, R = RCV.NXT, W = RCV.WND = 5760, all before the segment; A = SEG.ACK (the field, valid or not),
  E = SEG.SEQ + SEG.LEN (one for a SYN or FIN).
- \`ACK(N,R,5760)\` is an answer with that sequence number, acknowledgement and window. "later": by the fast timer, within
  250 ms. "app": what the application is told. "queued": kept until what is missing arrives.
- SEQ of the segment: left = R-1000, R-1, R, inside = R+1000, last = R+W-1, edge = R+W, beyond = R+W+1000.
- ACK of the segment: old = U-50, current = U, part = between U and N (all data without the FIN; half of the data if there is
  no FIN), new = N, unsent = N+1000. Where U = N there is neither part nor new; right after a SYN there is no part.
- "data" is 100 bytes with ACK; "none" has no flag at all.
- Every cell was run with eight pairs of initial sequence numbers, seven of them around 2^31 and 2^32, with the same result.`;

const HEAD = ['| segment | SEQ | ACK | RFC 9293 | lwIP | rules | twin |', '|---|---|---|---|---|---|---|'];

function section(table: TableState): string {
  const cells = plainCells(table);
  const different = cells.filter((c) => !isSameOutcome(c.rfc, c.lwip)).length;
  const sibling = TABLE_STATES.find((t) => t !== table && t.state === table.state);
  let rows = rowsOf(gridsOf(table, cells));
  let story = `${table.story[0]!.toUpperCase()}${table.story.slice(1)}.`;
  if (table.closed && sibling !== undefined) {
    const before = new Set(rowsOf(gridsOf(sibling, plainCells(sibling))));
    rows = rows.filter((row) => !before.has(row));
    story += ' Only the rows that are not in the table before are shown.';
  }
  const count = `${cells.length} cells, ${different} of them other than the RFC.`;
  return [`## ${nameOf(table)}`, '', `${story} ${count}`, '', ...HEAD, ...rows].join('\n');
}

const WINDOW_RULE = '6(2)';

function windowSection(): string {
  const yesNo = (taken: boolean): string => (taken ? 'taken' : 'not taken');
  const grids = new Map<string, Grid>();
  for (const [name, win] of Object.entries(OTHER_WINDOWS)) {
    const grid: Grid = new Map();
    for (const { seq, ack, rfc, lwip, observed } of windowsOf(win, NUMBERS.plain!)) {
      const mark = rfc === lwip ? '' : '≠ ';
      const twin = observed === lwip ? 'same' : yesNo(observed);
      put(grid, seq, ack, [`${yesNo(rfc)} [.4 ack]`, mark + yesNo(lwip), WINDOW_RULE, twin].join(' | '));
    }
    grids.set(`ACK, ${name}`, grid);
  }
  const story = "The peer's window, in ESTABLISHED with 100 bytes in flight, after an ACK at R of U.";
  return ['## Send window', '', story, '', ...HEAD, ...rowsOf(grids)].join('\n');
}

/** What a group of cells has in common: the last four columns. */
function columns(table: TableState, c: CellResult): string {
  const rfc = outcomeText(c.rfc, table.state);
  const lwip = outcomeText(c.lwip, table.state);
  const mark = isSameOutcome(c.rfc, c.lwip) ? '' : '≠ ';
  const twin = predicted(c.lwip) === seen(c.observed) ? 'same' : seen(c.observed);
  return [`${rfc} [${c.rfc.rules.join(', ')}]`, mark + lwip, c.lwip.rules.join(', '), twin].join(' | ');
}

/** What a kind of segment does, by its place: rows of SEQ, columns of ACK. */
type Grid = Map<SeqPosition, Map<AckPosition, string>>;

function put(grid: Grid, seq: SeqPosition, ack: AckPosition, text: string): void {
  const row = grid.get(seq) ?? new Map<AckPosition, string>();
  grid.set(seq, row.set(ack, text));
}

function gridsOf(table: TableState, cells: readonly CellResult[]): Map<string, Grid> {
  const grids = new Map<string, Grid>();
  for (const c of cells) {
    const grid: Grid = grids.get(c.kind) ?? new Map();
    put(grid, c.seq, c.ack, columns(table, c));
    grids.set(c.kind, grid);
  }
  return grids;
}

/** Lines of a table. Kinds that fare the same share their lines. */
function rowsOf(grids: ReadonlyMap<string, Grid>): string[] {
  const look = (kind: string): string => JSON.stringify([...grids.get(kind)!.values()].map((row) => [...row.values()]));
  return alike([...grids.keys()], look).flatMap((kinds) =>
    rectanglesOf(grids.get(kinds[0]!)!).map((rectangle) => `| ${[kinds.join(', '), ...rectangle].join(' | ')} |`),
  );
}

/** Cover the grid with few rectangles: rows that look alike together, or columns that look alike, whichever gives fewer. */
function rectanglesOf(grid: Grid): string[][] {
  const seqs = [...grid.keys()];
  const acks = [...grid.get(seqs[0]!)!.keys()];
  const at = (seq: SeqPosition, ack: AckPosition): string => grid.get(seq)!.get(ack)!;
  const bySeq = alike(seqs, (seq) => acks.map((ack) => at(seq, ack)).join()).flatMap((group) =>
    alike(acks, (ack) => at(group[0]!, ack)).map((same) => [group, same] as const),
  );
  const byAck = alike(acks, (ack) => seqs.map((seq) => at(seq, ack)).join()).flatMap((group) =>
    alike(seqs, (seq) => at(seq, group[0]!)).map((same) => [same, group] as const),
  );
  const best = byAck.length < bySeq.length ? byAck : bySeq;
  return best.map(([s, a]) => [listed(s, seqs), listed(a, acks), at(s[0]!, a[0]!)]);
}

function alike<T>(items: readonly T[], look: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = look(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return [...groups.values()];
}

function listed(some: readonly string[], all: readonly string[]): string {
  return some.length === all.length ? 'any' : some.join(', ');
}

function legend(): string {
  const passages = Object.entries(PASSAGES).map(([name, text]) => `| ${name} | ${text} |`);
  const rules = Object.entries(RULES).map(
    ([name, [text, ...traces]]) => `| ${name} | ${text} | ${traces.join(', ')} |`,
  );
  return [
    '## Passages of RFC 9293',
    '',
    'Names that begin with a dot are parts of section 3.10.7.',
    '',
    '| passage | in short |',
    '|---|---|',
    ...passages,
    '',
    '## Rules of lwIP',
    '',
    'Named by section and item of the description that the twin was built from; with recordings of the real stack, in this folder,',
    'that show them.',
    '',
    '| rule | in short | recordings |',
    '|---|---|---|',
    ...rules,
  ].join('\n');
}
