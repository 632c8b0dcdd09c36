/**
 * Leaves with the package what every firmware is linked with, compiled: without it, whoever installs the package waits
 * several times as long for the first image. Run before the package is made.
 */

import { compileSupport } from './image.ts';
import { findHome } from './packages.ts';

const count = await compileSupport(findHome());
console.log(`firmware: ${count} object files for the package`);
