/** The world's future: one queue, ordered by time and then by order of scheduling (rule E1). */

/** Something that will happen: the end of a wait, the arrival of a frame, a call of the test. */
export abstract class EventSource {
  /** When it happens, in virtual microseconds; Infinity while nothing is scheduled. */
  due = Number.POSITIVE_INFINITY;
  /** Order of scheduling among events of the same time. */
  order = 0;
  /** The key by which it stands in the queue, never later than due and order; Infinity if it does not stand there. */
  keyDue = Number.POSITIVE_INFINITY;
  keyOrder = 0;
  /** Housekeeping of a stack, which alone does not keep a run alive. */
  readonly isBackground: boolean;

  constructor(isBackground = false) {
    this.isBackground = isBackground;
  }

  /** It is `due` now. */
  abstract fire(): void;
}

/**
 * A binary heap whose keys stand beside it in arrays of numbers, so that moving an entry touches no source. Putting a source
 * off or cancelling it leaves its entry where it stands; the entry is corrected when it comes to the top. A timer that is
 * moved on after every message therefore costs next to nothing. A source that is to fire sooner than its entry says gets
 * another one, and the old one is dropped when it comes up.
 */
export class EventQueue {
  private readonly dues: number[] = [];
  private readonly orders: number[] = [];
  private readonly sources: EventSource[] = [];
  private nextOrder = 0;
  /** Scheduled sources that are not background. */
  private alive = 0;

  /** True if something is scheduled that is more than housekeeping. */
  get hasForeground(): boolean {
    return this.alive > 0;
  }

  /** A number for an event that takes its place in the order now but is scheduled by its source later. */
  takeOrder(): number {
    return this.nextOrder++;
  }

  /** Let a source fire at `due`, after everything that is scheduled for that time already; replaces what was scheduled. */
  schedule(source: EventSource, due: number): void {
    this.scheduleInOrder(source, due, this.nextOrder++);
  }

  /** The same with an order number taken earlier. */
  scheduleInOrder(source: EventSource, due: number, order: number): void {
    if (!source.isBackground && source.due === Number.POSITIVE_INFINITY) this.alive++;
    source.due = due;
    source.order = order;
    if (source.keyDue < due || (source.keyDue === due && source.keyOrder <= order)) return;
    source.keyDue = due;
    source.keyOrder = order;
    this.siftUp(source, due, order);
  }

  /** Unschedule a source, also to fire it: most are scheduled again right then, so it stays where it stands. */
  cancel(source: EventSource): void {
    if (source.due === Number.POSITIVE_INFINITY) return;
    if (!source.isBackground) this.alive--;
    source.due = Number.POSITIVE_INFINITY;
  }

  /** The next event, which stays; undefined if there is none. */
  peek(): EventSource | undefined {
    for (;;) {
      const top = this.sources[0];
      if (top === undefined) return undefined;
      const due = this.dues[0]!;
      const order = this.orders[0]!;
      const isCurrent = top.keyDue === due && top.keyOrder === order;
      if (isCurrent && top.due === due && top.order === order) return top;
      if (isCurrent) {
        top.keyDue = top.due;
        top.keyOrder = top.order;
      }
      if (isCurrent && top.due !== Number.POSITIVE_INFINITY) this.siftDown(top, top.due, top.order);
      else this.removeTop();
    }
  }

  private removeTop(): void {
    const last = this.sources.pop()!;
    const due = this.dues.pop()!;
    const order = this.orders.pop()!;
    if (this.sources.length > 0) this.siftDown(last, due, order);
  }

  /** Add an entry. */
  private siftUp(source: EventSource, due: number, order: number): void {
    const { dues, orders, sources } = this;
    let i = sources.length;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      const parentDue = dues[parent]!;
      const parentOrder = orders[parent]!;
      if (parentDue < due || (parentDue === due && parentOrder < order)) break;
      dues[i] = parentDue;
      orders[i] = parentOrder;
      sources[i] = sources[parent]!;
      i = parent;
    }
    dues[i] = due;
    orders[i] = order;
    sources[i] = source;
  }

  /** Put an entry in place of the top. */
  private siftDown(source: EventSource, due: number, order: number): void {
    const { dues, orders, sources } = this;
    const { length } = sources;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= length) break;
      let childDue = dues[child]!;
      if (child + 1 < length) {
        const otherDue = dues[child + 1]!;
        if (otherDue < childDue || (otherDue === childDue && orders[child + 1]! < orders[child]!)) {
          child++;
          childDue = otherDue;
        }
      }
      const childOrder = orders[child]!;
      if (due < childDue || (due === childDue && order < childOrder)) break;
      dues[i] = childDue;
      orders[i] = childOrder;
      sources[i] = sources[child]!;
      i = child;
    }
    dues[i] = due;
    orders[i] = order;
    sources[i] = source;
  }
}
