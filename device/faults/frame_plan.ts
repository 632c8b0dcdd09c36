/** The planned faults of all wires of a world: asked about every frame that is sent, in the order of the plans. */

import type { Lan } from '../lan.ts';
import type { FrameView } from './frame_view.ts';
import type { Fate } from './wire.ts';

/** A fault on frames. */
export interface FrameRule {
  /** It concerns this frame. Asked about every frame, so that counting does not depend on other faults. */
  concerns(frame: FrameView): boolean;
  /** Decide; false if there is nothing to decide after all. */
  decide(frame: FrameView, fate: Fate, lan: Lan): boolean;
}

/** Is shown every frame with its fate. */
export type FrameObserver = (frame: FrameView, fate: Fate) => void;

export class FramePlan {
  private rules: readonly FrameRule[] = [];
  private observers: readonly FrameObserver[] = [];
  /** There is somebody to ask. */
  isActive = false;

  add(rule: FrameRule): () => void {
    this.rules = [...this.rules, rule];
    this.isActive = true;
    return () => {
      this.rules = this.rules.filter((r) => r !== rule);
      this.look();
    };
  }

  observe(observer: FrameObserver): () => void {
    this.observers = [...this.observers, observer];
    this.isActive = true;
    return () => {
      this.observers = this.observers.filter((o) => o !== observer);
      this.look();
    };
  }

  private look(): void {
    this.isActive = this.rules.length + this.observers.length > 0;
  }

  /** The first rule that has a verdict gives it, unless the frame is lost already. */
  judge(frame: FrameView, fate: Fate, lan: Lan): void {
    let isDecided = fate.lost;
    for (const rule of this.rules) {
      if (rule.concerns(frame) && !isDecided) isDecided = rule.decide(frame, fate, lan);
    }
    for (const observer of this.observers) observer(frame, fate);
  }
}
