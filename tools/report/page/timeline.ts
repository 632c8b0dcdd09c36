/**
 * The picture of the run: a lane per board with frames as arrows between them, and below a bar for every call of every
 * task, from its start to its return. Only what is in view is drawn, and of what falls on the same pixels one.
 */

import { errnoName } from '../../../sockets/errno.ts';
import { printable } from '../../printable.ts';
import type { FrameLine } from '../../run-lines.ts';
import { itemLook } from '../item-text.ts';
import type { Item } from '../run-view.ts';
import { byId, duration, Palette, sharpContext } from './dom.ts';
import { AXIS_HEIGHT, BAR_HEIGHT, Geometry } from './geometry.ts';
import { Hand } from './hand.ts';
import type { PageState } from './state.ts';
import { type Arrow, type Bar, laneOfMark, type Tracks, tracksOf } from './tracks.ts';

/** Pixels from one time to the next on the axis. */
const TICK_ROOM = 96;
/** More arrows than this are drawn without heads, and without words. */
const MOST_HEADS = 1500;
const MOST_WORDS = 80;
const HEAD = 7;
/** Pixels that a bar needs to have its name in it. */
const LEAST_NAME = 36;
/** Around the beginning of a frame that no board has sent. */
const RING = 4;
const THIN: ReadonlySet<string> = new Set(['dim', 'quiet', 'frame']);
const DASHES: Readonly<Record<string, readonly number[]>> = { lost: [4, 3], fault: [7, 3], quiet: [2, 4] };
/** What is drawn later lies over it. */
const LOOKS = ['dim', 'quiet', 'frame', 'reset', 'again', 'fault', 'lost'] as const;

export class Timeline {
  readonly #state: PageState;
  readonly #canvas: HTMLCanvasElement;
  readonly #tracks: Tracks;
  #isQueued = false;

  constructor(state: PageState) {
    this.#state = state;
    this.#canvas = byId('timeline') as HTMLCanvasElement;
    this.#tracks = tracksOf(state.view);
    this.#canvas.style.minHeight = `${Geometry.neededHeight(state.view.boards.length, this.#tracks.tasks.length)}px`;
    state.axis.onChange(() => this.draw());
    state.onSelect(() => this.draw());
    state.onFilter(() => this.draw());
    new ResizeObserver(() => this.draw()).observe(this.#canvas);
    new Hand(state, this.#canvas, this.#tracks, () => this.#geometry());
  }

  /** Draw before the next screen refresh. */
  draw(): void {
    if (this.#isQueued) return;
    this.#isQueued = true;
    requestAnimationFrame(() => {
      this.#isQueued = false;
      this.drawNow();
    });
  }

  drawNow(): void {
    const context = sharpContext(this.#canvas);
    if (context !== undefined) new Painting(this.#state, this.#tracks, this.#geometry(), context).paint();
  }

  #geometry(): Geometry {
    const { axis, view } = this.#state;
    return new Geometry(this.#canvas, axis, view.boards.length, this.#tracks.tasks.length);
  }
}

/** One drawing of the whole canvas. */
class Painting {
  readonly #state: PageState;
  readonly #tracks: Tracks;
  readonly #g: Geometry;
  readonly #c: CanvasRenderingContext2D;
  readonly #palette = new Palette();
  readonly #leftUs: number;
  readonly #rightUs: number;

  constructor(state: PageState, tracks: Tracks, geometry: Geometry, context: CanvasRenderingContext2D) {
    this.#state = state;
    this.#tracks = tracks;
    this.#g = geometry;
    this.#c = context;
    this.#leftUs = state.axis.toUs(state.axis.from);
    this.#rightUs = state.axis.toUs(state.axis.to);
  }

  paint(): void {
    const c = this.#c;
    const { left, edge, height } = this.#g;
    c.clearRect(0, 0, edge, height);
    c.font = '12px system-ui, sans-serif';
    this.#paintNames();
    c.save();
    c.beginPath();
    c.rect(left, 0, edge - left, height);
    c.clip();
    this.#paintQuiet();
    this.#paintAxis();
    this.#paintLanes();
    this.#paintOff();
    this.#paintBars();
    this.#paintDots();
    this.#paintArrows();
    this.#paintMarks();
    this.#paintSelection();
    c.restore();
  }

  // Ground

  #paintNames(): void {
    const { left } = this.#g;
    this.#c.fillStyle = this.#palette.get('text');
    for (const [i, name] of this.#state.view.boards.entries())
      this.#c.fillText(name, 8, this.#g.laneY(i) + 4, left - 14);
    this.#c.fillStyle = this.#palette.get('faint');
    for (const [i, task] of this.#tracks.tasks.entries()) {
      this.#c.fillText(task, 8, this.#g.rowY(i) + 11, left - 14);
    }
  }

  /** Silences that are drawn short, with how long they are where there is room to say it. */
  #paintQuiet(): void {
    const c = this.#c;
    const { from: first, to: last, quiet } = this.#state.axis;
    for (const { from, to, us } of quiet) {
      if (to < first || from > last) continue;
      const [x0, x1] = [this.#g.xOfUnit(from), this.#g.xOfUnit(to)];
      c.fillStyle = this.#palette.get('panel');
      c.fillRect(x0, AXIS_HEIGHT, x1 - x0, this.#g.height);
      const words = `${duration(us)} pass`;
      if (x1 - x0 < c.measureText(words).width + 8) continue;
      c.fillStyle = this.#palette.get('faint');
      c.textAlign = 'center';
      c.fillText(words, (x0 + x1) / 2, AXIS_HEIGHT + 14);
      c.textAlign = 'start';
    }
  }

  /** Times at which something happened, as many as there is room for. */
  #paintAxis(): void {
    const c = this.#c;
    const { axis } = this.#state;
    c.fillStyle = this.#palette.get('faint');
    c.strokeStyle = this.#palette.get('grid');
    c.beginPath();
    for (let x = this.#g.left; x < this.#g.right; x += TICK_ROOM) {
      const us = axis.eventAt(this.#g.unitAt(x));
      if (us === undefined) break;
      x = Math.max(x, this.#g.x(us));
      c.moveTo(x, AXIS_HEIGHT - 4);
      c.lineTo(x, this.#g.height);
      c.fillText(`${us / 1e6} s`, x + 3, AXIS_HEIGHT - 8);
    }
    c.stroke();
  }

  #paintLanes(): void {
    const c = this.#c;
    c.strokeStyle = this.#palette.get('lane');
    c.lineWidth = 2;
    c.beginPath();
    for (const i of this.#state.view.boards.keys()) {
      c.moveTo(this.#g.left, this.#g.laneY(i));
      c.lineTo(this.#g.edge, this.#g.laneY(i));
    }
    c.stroke();
    c.lineWidth = 1;
  }

  /** Boards without power: their lanes are interrupted. */
  #paintOff(): void {
    const c = this.#c;
    const { view } = this.#state;
    for (const { board, fromUs, toUs } of view.offPeriods) {
      const lane = view.boards.indexOf(board);
      const [x0, x1] = [Math.max(this.#g.x(fromUs), this.#g.left), Math.min(this.#g.x(toUs), this.#g.edge)];
      if (lane < 0 || x1 <= x0) continue;
      const y = this.#g.laneY(lane);
      c.fillStyle = this.#palette.get('off');
      c.fillRect(x0, y - 7, x1 - x0, 14);
      if (x1 - x0 < 30) continue;
      c.fillStyle = this.#palette.get('faint');
      c.textAlign = 'center';
      c.fillText('off', (x0 + x1) / 2, y + 4);
      c.textAlign = 'start';
    }
  }

  // Calls

  #paintBars(): void {
    const rights = this.#tracks.tasks.map(() => Number.NEGATIVE_INFINITY);
    const failed: VisibleBar[] = [];
    const plain: VisibleBar[] = [];
    for (const bar of this.#tracks.bars) {
      const { record, row } = bar;
      if (record.t0Us > this.#rightUs) break;
      if (bar.endUs < this.#leftUs) continue;
      const x0 = Math.max(this.#g.x(record.t0Us), this.#g.left);
      const x1 = Math.min(this.#g.edge, this.#g.x(bar.endUs));
      if (bar.isFailed) failed.push({ bar, x0, x1 });
      // What would be drawn over the last pixel of its row is not drawn.
      else if (Math.max(x1, x0 + 2) > rights[row]! + 0.5) {
        plain.push({ bar, x0, x1 });
        rights[row] = Math.max(x1, x0 + 2);
      }
    }
    for (const one of [...plain, ...failed]) this.#paintBar(one);
    this.#paintBarWords(plain, failed.length <= MOST_WORDS ? failed : []);
    this.#c.globalAlpha = 1;
  }

  #paintBar({ bar: { item, record, row, isFailed }, x0, x1 }: VisibleBar): void {
    const c = this.#c;
    const waits = record.t1Us !== record.t0Us;
    c.globalAlpha = this.#state.isWanted(item) ? 1 : 0.2;
    c.fillStyle = this.#palette.get(isFailed ? 'failed' : waits ? 'waits' : 'call');
    c.fillRect(x0, this.#g.rowY(row), barWidth(x0, x1), BAR_HEIGHT);
  }

  /** Names in bars, and failures in or beside theirs: no words cover others. */
  #paintBarWords(plain: readonly VisibleBar[], failed: readonly VisibleBar[]): void {
    const labels: Label[] = [];
    for (const one of failed) {
      const label = this.#failureLabel(one, plain, labels);
      if (label !== undefined) labels.push(label);
    }
    for (const label of labels) this.#paintFailure(label);
    for (const one of plain) this.#paintName(one, labels);
  }

  /** A name begins behind a label that stands where it would. */
  #paintName({ bar: { item, record, row }, x0, x1 }: VisibleBar, labels: readonly Label[]): void {
    if (barWidth(x0, x1) < LEAST_NAME) return;
    const inWay = labels.find((label) => label.row === row && label.x <= x0 + LEAST_NAME && label.x + label.room > x0);
    const x = inWay === undefined ? x0 + 4 : Math.max(x0, inWay.x + inWay.room) + 4;
    if (x1 - x < LEAST_NAME - 8) return;
    this.#c.globalAlpha = this.#state.isWanted(item) ? 1 : 0.2;
    this.#c.fillStyle = this.#palette.get('bartext');
    this.#c.fillText(printable(record.fn), x, this.#g.rowY(row) + 11, x1 - x - 4);
  }

  /** Where "recv -1 ECONNRESET" stands: in its bar, right behind it, or right before it; undefined where there is no room. */
  #failureLabel(one: VisibleBar, plain: readonly VisibleBar[], labels: readonly Label[]): Label | undefined {
    const { bar, x0, x1 } = one;
    const { record, row, item } = bar;
    const words = `${printable(record.fn)} ${record.ret} ${record.errno === 0 ? '' : errnoName(record.errno)}`;
    const room = this.#c.measureText(words).width + 8;
    const end = x0 + barWidth(x0, x1);
    if (end - x0 >= room) return { words, row, x: x0, room, item, isInside: true };
    const spots = [end + 1, x0 - room - 1].filter((x) => x >= this.#g.left && x + room <= this.#g.edge);
    const fits = (x: number): boolean =>
      !labels.some((other) => other.row === row && x < other.x + other.room && other.x < x + room) &&
      !plain.some((other) => other.bar.row === row && this.#hidesName(x, room, other));
    const x = spots.find(fits);
    return x === undefined ? undefined : { words, row, x, room, item, isInside: false };
  }

  /** True if a label would leave a bar no room for its name. */
  #hidesName(x: number, room: number, { x0, x1 }: VisibleBar): boolean {
    const isOver = barWidth(x0, x1) >= LEAST_NAME && x <= x0 + LEAST_NAME && x + room > x0;
    return isOver && x1 - (x + room) < LEAST_NAME;
  }

  #paintFailure({ words, row, x, room, item, isInside }: Label): void {
    const c = this.#c;
    const y = this.#g.rowY(row);
    c.globalAlpha = this.#state.isWanted(item) ? 1 : 0.2;
    if (!isInside) {
      c.fillStyle = this.#palette.get('page');
      c.fillRect(x, y, room, BAR_HEIGHT);
    }
    c.fillStyle = this.#palette.get(isInside ? 'failedtext' : 'failed');
    c.fillText(words, x + 4, y + 11);
  }

  #paintDots(): void {
    const c = this.#c;
    for (const { item, row } of this.#tracks.dots) {
      if (item.tUs < this.#leftUs || item.tUs > this.#rightUs) continue;
      c.fillStyle = this.#palette.get(item.log.level === 'E' ? 'failed' : 'text');
      c.beginPath();
      c.arc(this.#g.x(item.tUs), this.#g.rowY(row) + BAR_HEIGHT / 2, 3, 0, 7);
      c.fill();
    }
  }

  // Frames

  #paintArrows(): void {
    const visible = this.#visibleArrows();
    const hasHeads = visible.length <= MOST_HEADS;
    const paths = new Map(LOOKS.map((look) => [look as string, new Path2D()]));
    for (const { arrow, x0, x1, look } of visible) this.#addArrow(paths.get(look)!, arrow, x0, x1, hasHeads);
    for (const [look, path] of paths) {
      this.#c.strokeStyle = this.#palette.get(look);
      this.#c.setLineDash([...(DASHES[look] ?? [])]);
      this.#c.lineWidth = THIN.has(look) ? 1 : 1.6;
      this.#c.stroke(path);
    }
    this.#c.setLineDash([]);
    this.#c.lineWidth = 1;
    if (visible.length <= MOST_WORDS) this.#paintWords(visible);
  }

  /** The arrows in view, without those that would cover the one before them. */
  #visibleArrows(): VisibleArrow[] {
    const { arrows, longestUs } = this.#tracks;
    const lanes = this.#state.view.boards.length;
    const lastX = new Map<number, number>();
    const visible: VisibleArrow[] = [];
    for (let i = firstFrom(arrows, this.#leftUs - longestUs); i < arrows.length; i++) {
      const arrow = arrows[i]!;
      if (arrow.tUs > this.#rightUs) break;
      if (arrow.endUs < this.#leftUs) continue;
      const look = this.#state.isWanted(arrow.item) ? lookOf(arrow) : 'dim';
      const [x0, x1] = this.#g.ends(arrow);
      const key =
        (arrow.fromLane * lanes + arrow.toLane) * LOOKS.length + LOOKS.indexOf(look as (typeof LOOKS)[number]);
      if (x0 - (lastX.get(key) ?? Number.NEGATIVE_INFINITY) < 0.5) continue;
      lastX.set(key, x0);
      visible.push({ arrow, x0, x1, look });
    }
    return visible;
  }

  #addArrow(path: Path2D, arrow: Arrow, x0: number, x1: number, hasHead: boolean): void {
    const y0 = this.#g.laneY(arrow.fromLane);
    const y1 = this.#g.laneY(arrow.toLane);
    const { isVain, isQuiet } = arrow;
    const [xe, ye] = isVain ? [(x0 + x1) / 2, (y0 + y1) / 2] : [x1, y1];
    if (!Number.isInteger(arrow.fromLane)) {
      path.moveTo(x0 + RING, y0);
      path.arc(x0, y0, RING, 0, 7);
    }
    path.moveTo(x0, y0);
    path.lineTo(xe, ye);
    if (isQuiet) return;
    if (isVain) {
      path.moveTo(xe - 5, ye - 5);
      path.lineTo(xe + 5, ye + 5);
      path.moveTo(xe + 5, ye - 5);
      path.lineTo(xe - 5, ye + 5);
    } else if (hasHead) {
      const length = Math.hypot(xe - x0, ye - y0) || 1;
      const [dx, dy] = [(HEAD * (xe - x0)) / length, (HEAD * (ye - y0)) / length];
      path.moveTo(xe - dx - dy / 2, ye - dy + dx / 2);
      path.lineTo(xe, ye);
      path.lineTo(xe - dx + dy / 2, ye - dy - dx / 2);
    }
  }

  /** Words along the arrows where there is room for them; those of trouble first. */
  #paintWords(visible: readonly VisibleArrow[]): void {
    const taken: Box[] = [];
    const told = new Set<Item>();
    const rank = ({ look }: VisibleArrow): number => -LOOKS.indexOf(look as (typeof LOOKS)[number]);
    for (const { arrow, x0, x1, look } of [...visible].sort((a, b) => rank(a) - rank(b))) {
      // Of a broadcast once.
      if (told.has(arrow.item)) continue;
      told.add(arrow.item);
      const words = shortWords(arrow.item.line, look);
      const width = this.#c.measureText(words).width;
      const [y0, y1] = [this.#g.laneY(arrow.fromLane), this.#g.laneY(arrow.toLane)];
      const box = [0.3, 0.5, 0.15, 0.65, 0.8]
        .map(
          (at): Box => ({
            x: Math.min(x0 + (x1 - x0) * at + 8, this.#g.edge - width - 2),
            y: y0 + (y1 - y0) * at,
            width,
          }),
        )
        .find((one) => !taken.some((other) => overlap(one, other)));
      if (box === undefined) continue;
      taken.push(box);
      this.#write(words, box.x, box.y + 4, look === 'frame' || look === 'quiet' ? 'faint' : look);
    }
  }

  /** Legible over lines. */
  #write(words: string, x: number, y: number, color: string): void {
    const c = this.#c;
    c.strokeStyle = this.#palette.get('page');
    c.lineWidth = 3;
    c.strokeText(words, x, y);
    c.lineWidth = 1;
    c.fillStyle = this.#palette.get(color);
    c.fillText(words, x, y);
  }

  // Marks

  #paintMarks(): void {
    const c = this.#c;
    for (const item of this.#state.marks) {
      const x = this.#g.x(item.tUs);
      if (x < this.#g.left || x > this.#g.edge) continue;
      const y = this.#g.markY(laneOfMark(this.#state.view, item));
      c.fillStyle = this.#palette.get(item.kind === 'mark' ? item.mark.kind : 'note');
      c.strokeStyle = this.#palette.get('page');
      c.beginPath();
      c.moveTo(x, y - 8);
      c.lineTo(x + 7, y);
      c.lineTo(x, y + 8);
      c.lineTo(x - 7, y);
      c.closePath();
      c.fill();
      c.stroke();
    }
  }

  #paintSelection(): void {
    const { selected } = this.#state;
    if (selected === undefined) return;
    const c = this.#c;
    const x = this.#g.x(selected.tUs);
    c.strokeStyle = this.#palette.get('selection');
    c.globalAlpha = 0.5;
    c.beginPath();
    c.moveTo(x, AXIS_HEIGHT);
    c.lineTo(x, this.#g.height);
    c.stroke();
    c.globalAlpha = 1;
    c.lineWidth = 2.5;
    if (selected.kind === 'frame') this.#outlineFrame(selected);
    if (selected.kind === 'call') this.#outlineCall(selected);
    c.lineWidth = 1;
  }

  #outlineFrame(item: Extract<Item, { kind: 'frame' }>): void {
    const { arrows } = this.#tracks;
    const path = new Path2D();
    for (let i = firstFrom(arrows, item.tUs); arrows[i]?.tUs === item.tUs; i++) {
      const arrow = arrows[i]!;
      if (arrow.item === item) this.#addArrow(path, arrow, ...this.#g.ends(arrow), true);
    }
    this.#c.stroke(path);
  }

  #outlineCall({ line: { record } }: Extract<Item, { kind: 'call' }>): void {
    const bar = this.#tracks.bars.find((one) => one.record === record);
    if (bar === undefined) return;
    const from = this.#g.x(record.t0Us);
    const to = Math.min(this.#g.edge, this.#g.x(bar.endUs));
    this.#c.strokeRect(from - 1, this.#g.rowY(bar.row) - 1, Math.max(4, to - from + 2), BAR_HEIGHT + 2);
  }
}

interface VisibleBar {
  readonly bar: Bar;
  readonly x0: number;
  readonly x1: number;
}

/** Words of a failed call. */
interface Label {
  readonly words: string;
  readonly row: number;
  readonly x: number;
  readonly room: number;
  readonly item: Item;
  readonly isInside: boolean;
}

/** A line of the ground stays free between two calls, where there is room for one. */
function barWidth(x0: number, x1: number): number {
  return Math.max(2, x1 - x0 - (x1 - x0 > 4 ? 1 : 0));
}

interface VisibleArrow {
  readonly arrow: Arrow;
  readonly x0: number;
  readonly x1: number;
  readonly look: string;
}

/** Of words. */
interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

function overlap(a: Box, b: Box): boolean {
  return Math.abs(a.y - b.y) < 13 && a.x < b.x + b.width + 4 && b.x < a.x + a.width + 4;
}

/** Index of the first arrow that begins then or later. */
function firstFrom(arrows: readonly Arrow[], us: number): number {
  let low = 0;
  let high = arrows.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if (arrows[mid]!.tUs < us) low = mid + 1;
    else high = mid;
  }
  return low;
}

function lookOf({ item, isQuiet, isVain }: Arrow): string {
  if (isQuiet) return 'quiet';
  return isVain ? 'lost' : itemLook(item);
}

/** "[S.]", "[P.] 13 lost", "ARP", "DNS": what fits beside an arrow. */
function shortWords(line: FrameLine, look: string): string {
  const fate =
    look === 'lost'
      ? line.lost
        ? ' lost'
        : ' unheard'
      : look === 'again'
        ? ' again'
        : look === 'fault'
          ? line.isForged
            ? ' forged'
            : ` ${line.harm}`
          : '';
  return protocolWords(line) + fate;
}

function protocolWords({ d, label }: FrameLine): string {
  if (d.arp !== undefined) return 'ARP';
  if (d.tcp === undefined) return d.app || (d.udp ? `UDP ${d.payload.length}` : d.icmp ? 'ICMP' : 'IP');
  const flags = /\[[^\]]*\]/.exec(label)?.[0] ?? '';
  return d.payload.length > 0 ? `${flags} ${d.payload.length}` : flags;
}
