/** A run with something to explain: data, a lost segment, a retransmission, a refused connection. */

import { AF_INET, type Os, type RunReport, SOCK_STREAM, sockaddr_in, World } from '../../device/index.ts';

export interface LossyRun {
  readonly world: World;
  readonly report: RunReport;
}

function* server(os: Os) {
  const listenSock = yield* os.socket(AF_INET, SOCK_STREAM);
  yield* os.bind(listenSock, sockaddr_in('0.0.0.0', 3333));
  yield* os.listen(listenSock, 1);
  const sock = yield* os.accept(listenSock);
  const buffer = new Uint8Array(2000);
  while ((yield* os.recv(sock, buffer)) > 0);
  yield* os.close(sock);
  yield* os.close(listenSock);
}

function* client(os: Os, data: string) {
  const sock = yield* os.socket(AF_INET, SOCK_STREAM);
  yield* os.connect(sock, sockaddr_in('192.168.4.1', 3333));
  yield* os.send(sock, data);
  yield* os.close(sock);
  const refused = yield* os.socket(AF_INET, SOCK_STREAM);
  yield* os.connect(refused, sockaddr_in('192.168.4.1', 99));
  yield* os.close(refused);
}

/** @param names of the two boards  @param data what the client sends  @param lost index of the client's frame that is lost */
export function lossyRun(
  names: readonly [string, string] = ['server', 'client'],
  data = 'x'.repeat(9000),
  lost = 4,
): LossyRun {
  const world = new World({ seed: 1 });
  const lan = world.lan();
  world.record({ states: true });
  world.esp32(names[0], { lan, ip: '192.168.4.1' }).xTaskCreate(server, 'main');
  world.esp32(names[1], { lan, ip: '192.168.4.2' }).xTaskCreate((os) => client(os, data), 'main');
  lan.faults.add({ from: names[1], frame: lost, action: 'drop' });
  return { world, report: world.runSync() };
}
