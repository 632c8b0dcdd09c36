/** The filter language of the report. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { parseFilter } from '../../tools/report/filter.ts';
import { itemText } from '../../tools/report/item-text.ts';
import { reportData } from '../../tools/report/report.ts';
import { RunView } from '../../tools/report/run-view.ts';
import { lossyRun } from '../support/lossy-run.ts';

let view: RunView;

beforeAll(() => {
  const { world, report } = lossyRun();
  view = new RunView(reportData(world, report));
});

function matches(text: string): string[] {
  const filter = parseFilter(text);
  if (typeof filter === 'string') throw new Error(filter);
  return view.items.filter((item) => filter(item, view)).map(itemText);
}

describe('what gets through', () => {
  test.each([
    ['tcp.port == 99', 2],
    ['lost', 1],
    ['errno == ECONNRESET', 2],
    ['errno == 104', 2],
    ['call == connect && host == client', 4],
    ['call == listen || call == bind', 2],
    ['"options [mss 1440]" && !host == server', 2],
    ['tcp && (tcp.port == 99 || lost)', 3],
    ['mark == retransmission', 1],
    ['ip.addr == 10.0.0.1', 0],
    ['frame > 1000', 0],
    ['frame >= 0 && frame < 1', 1],
    ['fault', 1],
    ['fault == drop', 1],
    ['"✗ lost drop"', 1],
    ['xxxxxxxxxx', 16],
  ])('%s: %i', (text, count) => {
    expect(matches(text)).toHaveLength(count);
  });

  test('nothing is everything', () => {
    expect(matches(' ')).toHaveLength(view.items.length);
  });

  test('words side by side must all be there, in any case', () => {
    expect(matches('SOCK_stream socket')).toHaveLength(3);
  });

  test('!x is the rest of x', () => {
    expect(matches('tcp').length + matches('!tcp').length).toBe(view.items.length);
  });
});

describe('what is wrong with it is said in a sentence', () => {
  test.each([
    ['port == 80', 'There is no field "port".'],
    ['tcp.port ==', 'What is tcp.port to be compared with?'],
    ['(tcp', 'A parenthesis is not closed.'],
    ['tcp &&', 'Something is missing at the end.'],
    ['tcp)', '")" is not expected here.'],
    ['== 3', '"==" is not expected here.'],
    ['packet > 60', 'There is no field "packet". To look for these words, put them in quotes.'],
    ['frame > some', '">" needs a number, not "some".'],
  ])('%s', (text, message) => {
    expect(parseFilter(text)).toEqual(expect.stringContaining(message));
  });
});
