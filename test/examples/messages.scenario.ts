import { AF_INET, type Os, SOCK_STREAM, sockaddr_in, text } from 'lwip-twin';
import { scenario } from 'lwip-twin/explore';

const SIZE = 2880; // two full segments
/** A careful server asks again until the whole message is there. */
const isCareful = false;

/** Answers a message by the number of bytes that came. */
function* server(os: Os) {
  const listenSock = yield* os.socket(AF_INET, SOCK_STREAM);
  yield* os.bind(listenSock, sockaddr_in('0.0.0.0', 3333));
  yield* os.listen(listenSock, 1);
  const sock = yield* os.accept(listenSock);
  yield* os.vTaskDelay(2); // the message will be there by then
  const buffer = new Uint8Array(SIZE);
  let n = yield* os.recv(sock, buffer);
  while (isCareful && n < SIZE) n += yield* os.recv(sock, buffer);
  yield* os.send(sock, `${n}`);
  while ((yield* os.recv(sock, buffer)) > 0);
  yield* os.close(sock);
  yield* os.close(listenSock);
}

function* client(os: Os, hear: (answer: string) => void) {
  const sock = yield* os.socket(AF_INET, SOCK_STREAM);
  yield* os.connect(sock, sockaddr_in('192.168.4.1', 3333));
  yield* os.send(sock, new Uint8Array(SIZE));
  const buffer = new Uint8Array(8);
  hear(text(buffer, yield* os.recv(sock, buffer)));
  yield* os.close(sock);
}

export default scenario({
  name: 'messages',
  survives: ['loss', 'delay', 'reorder'],
  setup(world) {
    const lan = world.lan();
    let answer = '';
    world.esp32('server', { lan, ip: '192.168.4.1' }).xTaskCreate(server, 'main');
    world.esp32('client', { lan, ip: '192.168.4.2' }).xTaskCreate(
      (os) =>
        client(os, (said) => {
          answer = said;
        }),
      'main',
    );
    return () => (answer === `${SIZE}` ? [] : [`The server has seen ${answer} of ${SIZE} bytes.`]);
  },
});
