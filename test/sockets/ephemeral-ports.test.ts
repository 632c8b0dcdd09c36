/** Local ports that nobody asked for: they count up from a random one. */

import { describe, expect, test } from '@jest/globals';
import { AF_INET, ntohs, type Os, SOCK_DGRAM, SOCK_STREAM, sockaddr_in } from '../../device/index.ts';
import { B_IP, outcome, runOne, type Steps } from '../support/worlds.ts';

/** The ports of three sockets after bind() to port 0, or why there is none, if the first random numbers are `rand`. */
function ports(type: number, rand: number): (number | string)[] {
  return runOne(
    function* (os) {
      const list: (number | string)[] = [];
      for (let i = 0; i < 3; i++) {
        const s = yield* os.socket(AF_INET, type);
        list.push(yield* portAfter(os, s, yield* outcome(os, os.bind(s, sockaddr_in()))));
      }
      return list;
    },
    { board: { LWIP_RAND: () => rand } },
  );
}

function* portAfter(os: Os, s: number, ret: number | string): Steps<number | string> {
  const name = sockaddr_in();
  yield* os.getsockname(s, name);
  return ret === 0 ? ntohs(name.sin_port) : ret;
}

describe('ephemeral ports', () => {
  test.each<[string, number, number, (number | string)[]]>([
    ['TCP', SOCK_STREAM, 0, [0xc001, 0xc002, 0xc003]],
    ['TCP: the upper bits of the number do not matter', SOCK_STREAM, 0xffff_c005, [0xc006, 0xc007, 0xc008]],
    ['TCP: 65535 is left out', SOCK_STREAM, 0x3ffd, [0xfffe, 0xc000, 0xc001]],
    // lwIP's counter has 16 bits and runs over: port 0 means "none", and small ports follow.
    ['TCP: unless it was first', SOCK_STREAM, 0x3fff, ['ENOBUFS', 1, 2]],
    ['UDP', SOCK_DGRAM, 0, [0xc001, 0xc002, 0xc003]],
    ['UDP: 65535 is not left out', SOCK_DGRAM, 0x3ffd, [0xfffe, 0xffff, 0xc000]],
    ['UDP: not even first', SOCK_DGRAM, 0x3fff, [0xc000, 0xc001, 0xc002]],
  ])('%s', (_name, type, rand, expected) => {
    expect(ports(type, rand)).toEqual(expected);
  });

  test('of connect() are the same', () => {
    const seen = runOne(
      function* (os) {
        const list: (number | string)[] = [];
        for (let i = 0; i < 2; i++) {
          const s = yield* os.socket(AF_INET, SOCK_STREAM);
          list.push(yield* outcome(os, os.connect(s, sockaddr_in(B_IP, 80))));
        }
        return list;
      },
      { board: { LWIP_RAND: () => 0x3fff } },
    );
    expect(seen).toEqual(['ENOBUFS', 'ECONNRESET']);
  });
});
