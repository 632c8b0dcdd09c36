import base from './jest.config.mjs';

/** The bug zoo, compiled and run: `npm run test:zoo`. A hundred images take a minute and a half when nothing is cached. */
export default { ...base, roots: ['<rootDir>/test/zoo'], testPathIgnorePatterns: ['/node_modules/'] };
