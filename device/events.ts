/** The world's future: one queue, ordered by time and then by order of scheduling (rule E1). */

/** Something that will happen: the end of a wait, the arrival of a frame, a call of the test. */
export abstract class EventSource {
  /** When it happens, in virtual microseconds; Infinity while nothing is scheduled. */
  due = Number.POSITIVE_INFINITY;
  /** Order of scheduling among events of the same time. */
  order = 0;
  /** Its place in the heap and the key by which it stands there: never later than due and order. */
  heapIndex = -1;
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
 * A binary heap of sources. Putting a source off or cancelling it leaves it where it stands; its place is corrected when
 * it comes to the top. A timer that is moved on after every message therefore costs next to nothing.
 */
export class EventQueue {
  private readonly heap: EventSource[] = [];
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
    if (source.heapIndex < 0) {
      source.keyDue = due;
      source.keyOrder = order;
      this.siftUp(source, this.heap.length);
    } else if (due < source.keyDue || (due === source.keyDue && order < source.keyOrder)) {
      source.keyDue = due;
      source.keyOrder = order;
      this.siftUp(source, source.heapIndex);
    }
  }

  /** Unschedule a source, also to fire it: most are scheduled again right then, so it stays where it stands. */
  cancel(source: EventSource): void {
    if (source.due === Number.POSITIVE_INFINITY) return;
    if (!source.isBackground) this.alive--;
    source.due = Number.POSITIVE_INFINITY;
  }

  /** The next event, which stays; undefined if there is none. */
  peek(): EventSource | undefined {
    const { heap } = this;
    for (;;) {
      const top = heap[0];
      if (top === undefined) return undefined;
      if (top.due === top.keyDue && top.order === top.keyOrder) return top;
      if (top.due === Number.POSITIVE_INFINITY) this.removeTop();
      else {
        top.keyDue = top.due;
        top.keyOrder = top.order;
        this.siftDown(top);
      }
    }
  }

  private removeTop(): void {
    const { heap } = this;
    const top = heap[0]!;
    const last = heap.pop()!;
    top.heapIndex = -1;
    if (last !== top) this.siftDown(last);
  }

  private siftUp(source: EventSource, from: number): void {
    const { heap } = this;
    let i = from;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      const above = heap[parent]!;
      if (!isBefore(source, above)) break;
      heap[i] = above;
      above.heapIndex = i;
      i = parent;
    }
    heap[i] = source;
    source.heapIndex = i;
  }

  private siftDown(source: EventSource): void {
    const { heap } = this;
    const { length } = heap;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= length) break;
      if (child + 1 < length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      const below = heap[child]!;
      if (!isBefore(below, source)) break;
      heap[i] = below;
      below.heapIndex = i;
      i = child;
    }
    heap[i] = source;
    source.heapIndex = i;
  }
}

function isBefore(a: EventSource, b: EventSource): boolean {
  return a.keyDue < b.keyDue || (a.keyDue === b.keyDue && a.keyOrder < b.keyOrder);
}
