/** A scenario as it stands in a file, in the parts that generated ones have. The format is that of test/golden. */

export type JsonOp = readonly unknown[];

export interface JsonTask {
  readonly host: string;
  readonly name: string;
  readonly priority?: number;
  readonly start_us: number;
  readonly ops: readonly JsonOp[];
}

export interface JsonFault {
  readonly from: string;
  readonly frame: number;
  readonly action: 'drop' | 'delay' | 'dup' | 'corrupt';
  readonly us?: number;
  readonly times?: number;
  readonly offset?: number;
  readonly xor?: number;
}

export interface JsonOutage {
  readonly t0_us: number;
  readonly t1_us: number;
  readonly from?: string;
}

export interface JsonInjection {
  readonly t_us: number;
  readonly to: string;
  readonly hex: string;
}

export interface JsonHost {
  readonly name: string;
  /** Always 0: the packaged lwIP has no timer for gratuitous ARP. */
  readonly garp: 0;
  readonly gw?: string;
  readonly mtu?: number;
  readonly isn?: number;
}

export interface ScenarioFile {
  readonly name: string;
  readonly description: string;
  readonly config: 'liblwip';
  readonly mailboxes: number;
  readonly tick_ms: number;
  readonly hosts: readonly JsonHost[];
  readonly link: {
    readonly latency_us: number;
    readonly faults: readonly JsonFault[];
    readonly outages: readonly JsonOutage[];
  };
  readonly injections: readonly JsonInjection[];
  readonly tasks: readonly JsonTask[];
  readonly end_us: number;
}
