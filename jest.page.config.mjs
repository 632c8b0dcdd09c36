import base from './jest.config.mjs';

/** Tests of the report in a real browser: `npm run test:page`, which sees to it that there is one. */
export default { ...base, testMatch: ['**/*.page.ts'], testTimeout: 60_000 };
