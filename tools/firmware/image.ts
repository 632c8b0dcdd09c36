/** From sources to an image: a module that every board can run, with a description and its lines inside. */

import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeSdkconfig, type Sdkconfig, type SdkconfigValue, sdkconfigHeader } from '../../device/index.ts';
import { Cache, keyOf, type Made, readEntry } from './cache.ts';
import { type CompileOptions, compileError, type Job, supportJobs, userJob } from './compile.ts';
import { embeddedFile } from './embed.ts';
import { encodeLines } from './line-table.ts';
import { link, linkKey, makeSuspendable } from './link.ts';
import type { Home } from './packages.ts';
import { readSource, type Source } from './sources.ts';
import { readSupport, type Support } from './support.ts';
import { Toolchain } from './toolchain.ts';
import { withCustomSections } from './wasm-module.ts';

export interface ImageOptions extends CompileOptions {
  /** Paths of C and C++ files. */
  readonly sources: readonly string[];
  readonly sdkconfig: Sdkconfig;
  /** Paths of files that become part of the image. */
  readonly embedFiles: readonly string[];
  /** The same, with a zero byte at the end. */
  readonly embedTextFiles: readonly string[];
  readonly cacheDir: string | undefined;
}

/** What an image says of itself, in its section "lwip-twin.firmware". */
interface ImageInfo {
  readonly format: 1;
  readonly version: string;
  readonly checked: boolean;
  readonly optimize: string;
  readonly sdkconfig: Readonly<Record<string, SdkconfigValue>>;
  readonly sources: readonly { readonly name: string; readonly sha256: string }[];
}

/** For all images that a process makes, by the package's folder: their processes stay warm. */
const toolchains = new Map<string, Toolchain>();
/** What is being made, so that it is not made twice. */
const underway = new Map<string, Promise<Made>>();

/**
 * Compile and link, or find what an earlier call has made of the same.
 * @returns the image, and the compiler's warnings
 * @throws FirmwareBuildError
 */
export async function buildImage(home: Home, options: ImageOptions): Promise<Made> {
  const support = readSupport(home);
  const include = [...new Set([...options.include, ...options.sources.map((file) => dirname(file))])];
  const sources = [
    ...options.sources.map((file) => readSource(file, include)),
    ...options.embedFiles.map((file) => embeddedFile(file, false)),
    ...options.embedTextFiles.map((file) => embeddedFile(file, true)),
  ];
  const header = sdkconfigHeader(options.sdkconfig);
  const cache = new Cache(options.cacheDir);
  const toolchain = () => toolchainOf(home, support);
  const users = sources.map((source) => userJob(source, header, support, { ...options, include }));
  const info = describe(home, options, sources);
  const jobs = withVersions(home, [...users, ...supportJobs(header, support, sources)]);
  const key = keyOf('image', JSON.stringify(info), linkKey(options.checked), ...jobs.map((job) => job.key));
  return once(key, cache, async () => {
    toolchain().prepare();
    const shipped = shippedFolder(home);
    const object = (job: Job) => readEntry(shipped, job.key) ?? once(job.key, cache, () => compile(job, toolchain()));
    const objects = await Promise.all(jobs.map(object));
    const made = await finish(jobs, objects, users.length, sources, info, options.checked, toolchain());
    cache.tidy();
    return made;
  });
}

/**
 * Compile everything that can belong to an image beside the user's sources, with ESP-IDF's defaults, and leave it with the
 * package: who installs that does not have to.
 * @returns how many object files there are
 */
export async function compileSupport(home: Home): Promise<number> {
  const support = readSupport(home);
  const jobs = withVersions(home, supportJobs(sdkconfigHeader(makeSdkconfig()), support, null));
  const toolchain = toolchainOf(home, support);
  toolchain.prepare();
  const folder = shippedFolder(home);
  // What earlier sources have left.
  rmSync(folder, { recursive: true, force: true });
  const shipped = new Cache(folder);
  await Promise.all(jobs.map((job) => once(job.key, shipped, () => compile(job, toolchain))));
  return jobs.length;
}

/** Object files that come with the package. */
function shippedFolder({ root }: Home): string {
  return join(root, 'dist', 'firmware-objects');
}

function toolchainOf(home: Home, support: Support): Toolchain {
  const shared = toolchains.get(home.root) ?? new Toolchain(home, support);
  toolchains.set(home.root, shared);
  return shared;
}

/** What compilers answer depends on which they are. */
function withVersions(home: Home, jobs: readonly Job[]): Job[] {
  const versions = JSON.stringify(home.compilers);
  return jobs.map((job) => ({ ...job, key: keyOf(versions, job.key) }));
}

/** What the cache knows, or what somebody is already making, or what is made now. */
function once(key: string, cache: Cache, make: () => Promise<Made>): Promise<Made> {
  const place = `${cache.folder} ${key}`;
  const already = underway.get(place);
  if (already !== undefined) return already;
  const known = cache.read(key);
  if (known !== null) return Promise.resolve(known);
  const making = make()
    .then((made) => {
      cache.write(key, made);
      return made;
    })
    .finally(() => underway.delete(place));
  underway.set(place, making);
  return making;
}

async function compile(job: Job, toolchain: Toolchain): Promise<Made> {
  const { ok, text, output } = await toolchain.compile(job.request);
  if (!ok) throw compileError(text);
  return { bytes: output, text: Buffer.from(text, 'latin1').toString('utf8') };
}

async function finish(
  jobs: readonly Job[],
  objects: readonly Made[],
  users: number,
  sources: readonly Source[],
  info: ImageInfo,
  checked: boolean,
  toolchain: Toolchain,
): Promise<Made> {
  const files = objects.map(({ bytes }, i) => ({ name: jobs[i]!.name, bytes, isUsers: i < users }));
  const isCpp = sources.some((source) => source.isCpp);
  const linked = await link(files, isCpp, toolchain);
  const { wasm, lines } = await makeSuspendable(linked, files, checked, toolchain);
  const bytes = withCustomSections(wasm, {
    'lwip-twin.firmware': Buffer.from(JSON.stringify(info)),
    'lwip-twin.lines': encodeLines(lines),
  });
  const text = objects
    .slice(0, users)
    .map((made) => made.text)
    .join('');
  return { bytes, text };
}

function describe(home: Home, { checked, optimize, sdkconfig }: ImageOptions, sources: readonly Source[]): ImageInfo {
  return {
    format: 1,
    version: home.version,
    checked,
    optimize,
    sdkconfig: sdkconfig.settings,
    sources: sources.map(({ name, text }) => ({ name, sha256: createHash('sha256').update(text).digest('hex') })),
  };
}
