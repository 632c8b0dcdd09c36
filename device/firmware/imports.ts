/** What C can call: module "esp" never suspends the calling task, module "espb" may. src/host.h has the C side. */

import { eventImports, waitingEventImports } from './event_imports.ts';
import { taskImports, waitingTaskImports } from './freertos_imports.ts';
import type { Machine } from './machine.ts';
import { netdbImports } from './netdb_imports.ts';
import { netifImports, waitingNetifImports } from './netif_imports.ts';
import { socketImports } from './socket_imports.ts';
import { systemImports, waitingSystemImports } from './system_imports.ts';
import type { WasmImports } from './wasm.ts';
import { waitingWifiImports, wifiImports } from './wifi_imports.ts';

/** A function of module "espb" or "esp": numbers in, a number or nothing out. */
export type HostFunction = (a: number, b: number, c: number, d: number, e: number, f: number, g: number) => number;
export type HostFunctions = Readonly<Record<string, HostFunction>>;

/** Whose code is running, of all boards with the same image: they share their imports, so that booting costs little. */
export class Running {
  /** Set whenever the scheduler enters a task, and while an image boots. */
  machine!: Machine;
}

/** @param on says at every call which board makes it */
export function imports(on: Running): WasmImports {
  return {
    esp: {
      ...taskImports(on),
      ...systemImports(on),
      ...eventImports(on),
      ...netifImports(on),
      ...wifiImports(on),
    },
    espb: suspendable(on, {
      ...waitingTaskImports(on),
      ...waitingSystemImports(on),
      ...socketImports(on),
      ...netdbImports(on),
      ...waitingEventImports(on),
      ...waitingNetifImports(on),
      ...waitingWifiImports(on),
    }),
  };
}

/** While a task's stack is rebuilt, the import that suspended it is called again, only to give back its result. */
function suspendable(on: Running, functions: HostFunctions): HostFunctions {
  const result: Record<string, HostFunction> = {};
  for (const [name, fn] of Object.entries(functions)) {
    result[name] = (a, b, c, d, e, f, g) => (on.machine.isRewinding ? on.machine.rewound() : fn(a, b, c, d, e, f, g));
  }
  return result;
}
