/** Folder of this very file, whichever module format it was compiled to; the build gives the ES module a version of its own. */
export const here = __dirname;
