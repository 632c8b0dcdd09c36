import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { World } from 'lwip-twin';
import { formatLadder } from 'lwip-twin/ladder';
import { fileSink, PcapWriter } from 'lwip-twin/pcap-writer';
import { formatPcapng } from 'lwip-twin/pcapng-writer';

const home = process.cwd();
const folder = mkdtempSync(join(tmpdir(), 'lwip-twin-trace-'));
beforeAll(() => process.chdir(folder));
afterAll(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true });
});

test('a trace is drawn and captured', async () => {
  const world = new World();
  world.esp32('alone', { lan: world.lan(), ip: '192.168.4.1' });

  const trace = world.record(); // before world.run()
  const pcap = new PcapWriter(fileSink('run.pcap'));
  trace.onFrame((frame) => pcap.write(frame.tUs, frame.bytes));
  await world.run();
  pcap.close();
  console.log(formatLadder(trace, { width: 100 }));
  writeFileSync('run.pcapng', formatPcapng(trace, { comments: ['seed 1'] }));

  expect(readFileSync('run.pcap').length).toBe(24 + 16 + 42);
  expect(readFileSync('run.pcapng').subarray(0, 4)).toEqual(Buffer.from('0a0d0d0a', 'hex'));
});
