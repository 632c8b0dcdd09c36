/** A case of the zoo as a scenario for the search: its words for misfortunes in those of the search. */

import type { Misfortune, Scenario } from '../explore/scenario.ts';
import { hasFailed, setUpZooCase, type ZooImages } from './boards.ts';
import type { ZooCase } from './case.ts';

/** Longest durations of what case.json calls "an outage of seconds" and the like, if its witness does not say more. */
const STALL_US = 3_000_000;
const REFUSED_US = 2_000_000;
const AWAY_US = 2_000_000;
const LATE_US = 5_000_000;

/** As long as the witness shows it, for a kind that the witness is of. */
function longest({ witness }: ZooCase, kinds: readonly string[], otherwiseUs: number): number {
  const shown = witness.filter(({ kind }) => kinds.includes(kind));
  return (
    shown.reduce((most, { ms = 0, until_ms = 0 }) => Math.max(most, 1000 * Math.max(ms, until_ms)), 0) || otherwiseUs
  );
}

/** The misfortunes of case.json. Of those on frames, the ones for TCP strike segments of any kind but SYNs, which have their own. */
function misfortunesNamed(name: string, zoo: ZooCase): Misfortune[] {
  const listener = zoo.listens;
  const stallUs = longest(zoo, ['blackhole', 'blackholeAt'], STALL_US);
  const refusedUs = longest(zoo, ['refuse'], REFUSED_US);
  const lateUs = longest(zoo, ['udpDelay'], LATE_US);
  const awayUs = longest(zoo, ['wifiDrop', 'readdress'], AWAY_US);
  // What happens to boards happens in the middle of their conversation.
  const after = { data: true, port: Number(zoo.sdkconfig.app.CONFIG_ZOO_PORT) };
  switch (name) {
    case 'loss':
      return [{ kind: 'loss', match: { proto: 'tcp', flags: '!S' } }];
    case 'loss2':
      return [{ kind: 'loss', match: { proto: 'tcp', flags: '!S' }, times: 2 }];
    case 'synLoss':
      return [{ kind: 'loss', match: { proto: 'tcp', flags: 'S' }, times: 2 }];
    case 'udpLoss':
      return [{ kind: 'loss', match: { proto: 'udp' } }];
    case 'udpDup':
      return [{ kind: 'duplicate', match: { proto: 'udp' } }];
    case 'udpDelay':
      return [{ kind: 'delay', match: { proto: 'udp' }, maxUs: lateUs }];
    case 'stall':
      return [{ kind: 'outage', maxUs: stallUs, after }];
    case 'rst':
      return [{ kind: 'rst', match: { proto: 'tcp', data: true } }];
    case 'rstQueued':
      return [{ kind: 'resetInQueue' }];
    case 'refused':
      return [{ kind: 'refused', boards: [listener], maxUs: refusedUs }];
    case 'peerOff':
      return [{ kind: 'powerOff', boards: ['peer'], after }];
    case 'peerReboot':
      return [{ kind: 'reboot', boards: ['peer'], maxUs: awayUs, after }];
    case 'wifiDrop':
      return [{ kind: 'interfaceDown', boards: ['app', 'peer'], maxUs: awayUs, after }];
    case 'newAddress':
      return [{ kind: 'newAddress', boards: ['app'], maxUs: awayUs, after }];
    case 'peerNewAddress':
      return [{ kind: 'newAddress', boards: ['peer'], maxUs: awayUs, after }];
    case 'dnsDown':
      return [{ kind: 'outage', match: { proto: 'dns' }, maxUs: stallUs }];
    default:
      throw new TypeError(`Case ${zoo.name} survives "${name}", which test/zoo/README.md does not explain.`);
  }
}

/** The misfortunes of a witness, for cases that do not say what they survive. */
function misfortunesLike(zoo: ZooCase): Misfortune[] {
  return zoo.witness.flatMap(({ kind, ms = 0 }): Misfortune[] => {
    switch (kind) {
      case 'blackholeAt':
      case 'blackhole':
        return [{ kind: 'outage', maxUs: ms * 1000 }];
      default:
        throw new TypeError(`Case ${zoo.name} declares nothing that it survives, and its witness is "${kind}".`);
    }
  });
}

/** Names of boards that can have names are of no use to a case without any. */
function isPossible(zoo: ZooCase, name: string): boolean {
  return name !== 'dnsDown' || Object.keys(zoo.dns).length > 0;
}

/** A case and its images, with what it survives. */
export function zooScenario(zoo: ZooCase, images: ZooImages, name: string): Scenario {
  const declared = zoo.survives.filter((one) => isPossible(zoo, one)).flatMap((one) => misfortunesNamed(one, zoo));
  return {
    name,
    survives: declared.length > 0 ? declared : misfortunesLike(zoo),
    untilUs: zoo.check.untilUs,
    findings: 'none',
    isOver: hasFailed,
    setup: (world) => setUpZooCase(zoo, images, world),
  };
}
