/** What C can call: module "esp" never suspends the calling task, module "espb" may. src/host.h has the C side. */

import { eventImports, waitingTaskImports } from './freertos_imports.ts';
import type { Machine } from './machine.ts';
import { netdbImports } from './netdb_imports.ts';
import { socketImports } from './socket_imports.ts';
import { systemImports, waitingSystemImports } from './system_imports.ts';
import type { WasmImports } from './wasm.ts';

/** A function of module "espb" or "esp": numbers in, a number or nothing out. */
export type HostFunction = (a: number, b: number, c: number, d: number, e: number, f: number, g: number) => number;
export type HostFunctions = Readonly<Record<string, HostFunction>>;

export function imports(machine: Machine): WasmImports {
  return {
    esp: { ...eventImports(machine), ...systemImports(machine) },
    espb: suspendable(machine, {
      ...waitingTaskImports(machine),
      ...waitingSystemImports(machine),
      ...socketImports(machine),
      ...netdbImports(machine),
    }),
  };
}

/** While a task's stack is rebuilt, the import that suspended it is called again, only to give back its result. */
function suspendable(machine: Machine, functions: HostFunctions): HostFunctions {
  const result: Record<string, HostFunction> = {};
  for (const [name, fn] of Object.entries(functions)) {
    result[name] = (a, b, c, d, e, f, g) => (machine.isRewinding ? machine.rewound() : fn(a, b, c, d, e, f, g));
  }
  return result;
}
