export default {
  testEnvironment: 'node',
  // On two cores, Jest would leave one to itself.
  maxWorkers: '100%',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  // It has a command of its own, npm run test:zoo.
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/zoo/'],
  // Examples import the package by its name, as a user does.
  moduleNameMapper: {
    '^lwip-twin$': '<rootDir>/device/index.ts',
    '^lwip-twin/(explore|fast-check|jest|ladder|pcap-writer|pcapng-writer)$': '<rootDir>/tools/$1.ts',
    '^lwip-twin/report$': '<rootDir>/tools/report/report.ts',
    '^lwip-twin/firmware$': '<rootDir>/tools/firmware/index.ts',
  },
  transform: {
    '\\.ts$': [
      '@swc/jest',
      { swcrc: false, jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } },
    ],
  },
  collectCoverageFrom: ['{stack,sockets,device}/**/*.ts'],
};
