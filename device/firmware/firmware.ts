/** A firmware image: compiled once, run by any number of boards. */

import { makeSdkconfig, type Sdkconfig, type SdkconfigSettings } from '../sdkconfig.ts';
import { checkExports, type ImageExports } from './abi.ts';
import { imports, Running } from './imports.ts';
import { LineTable } from './lines.ts';
import { compileWasm, customSection, importsOf, instantiate, type WasmImports, type WasmModule } from './wasm.ts';

/** What an image says of itself. */
export interface FirmwareInfo {
  /** Version of this format: 1. */
  readonly format: number;
  /** Version of the package that built it. */
  readonly version: string;
  /** Stack, NULL and watchdog checks are compiled in. */
  readonly checked: boolean;
  readonly optimize: string;
  /** CONFIG_ symbols that were set: numbers and booleans as they were given, text without quotes. */
  readonly sdkconfig: SdkconfigSettings;
  readonly sources: readonly { readonly name: string; readonly sha256: string }[];
}

const INFO_SECTION = 'lwip-twin.firmware';
const LINES_SECTION = 'lwip-twin.lines';
const FORMAT = 1;
/** Import modules that the host provides. */
const HOST_MODULES: readonly string[] = ['esp', 'espb'];

export class Firmware {
  /** The image as it is stored in a file. */
  readonly wasm: Uint8Array;
  readonly module: WasmModule;
  readonly info: FirmwareInfo;
  /** What its instances import, and for whom that works at the moment. */
  readonly running = new Running();
  private readonly imports: WasmImports = imports(this.running);
  private config: Sdkconfig | null = null;
  private lines: LineTable | null = null;

  /** @param wasm an image built by buildFirmware() or "lwip-twin build"  @throws TypeError if it is none */
  constructor(wasm: Uint8Array) {
    this.wasm = wasm;
    try {
      this.module = compileWasm(wasm);
    } catch (error) {
      throw new TypeError(`This is no WebAssembly module: ${String(error)}`);
    }
    this.info = parseInfo(customSection(this.module, INFO_SECTION));
    const foreign = importsOf(this.module).find((i) => !HOST_MODULES.includes(i.module));
    if (foreign !== undefined) {
      throw new TypeError(`The image imports ${foreign.name} from "${foreign.module}", which no board provides.`);
    }
  }

  /** The configuration that it was compiled with. */
  get sdkconfig(): Sdkconfig {
    this.config ??= makeSdkconfig(this.info.sdkconfig);
    return this.config;
  }

  /** FreeRTOS tick in microseconds. */
  get tickUs(): number {
    return Math.round(1_000_000 / Number(this.sdkconfig.value('CONFIG_FREERTOS_HZ')));
  }

  /** "file:line" of an instruction. @param offset of its first byte in the module */
  lineAt(offset: number): string | undefined {
    this.lines ??= new LineTable(customSection(this.module, LINES_SECTION));
    return this.lines.find(offset);
  }

  /** A fresh instance. */
  instantiate(): ImageExports {
    return checkExports(instantiate(this.module, this.imports));
  }
}

function parseInfo(section: Uint8Array | null): FirmwareInfo {
  if (section === null) {
    throw new TypeError(`This WebAssembly module was not built by lwip-twin: it has no section "${INFO_SECTION}".`);
  }
  const info = JSON.parse(String.fromCharCode(...section)) as FirmwareInfo;
  if (info.format !== FORMAT) {
    throw new TypeError(`The image has format ${info.format}, and this version of lwip-twin reads format ${FORMAT}.`);
  }
  return info;
}
