/** Event loops: order of handlers, instances, unregistering while events are handed out, full queues, loops without a task. */

import { expect, test } from '@jest/globals';
import {
  AF_INET,
  ESP_ERR_INVALID_ARG,
  ESP_ERR_INVALID_STATE,
  ESP_ERR_NOT_FOUND,
  ESP_ERR_TIMEOUT,
  ESP_EVENT_ANY_BASE,
  ESP_EVENT_ANY_ID,
  ESP_OK,
  type esp_event_base_t,
  type esp_event_handler_instance_t,
  type esp_event_loop_handle_t,
  type HandleOut,
  type Os,
  type Program,
  portMAX_DELAY,
  SOCK_DGRAM,
  World,
} from '../../device/index.ts';

/** Run one program on one board. */
function run(program: Program<Os>, priority = 5): string {
  const world = new World({ seed: 1 });
  world.esp32('board', { lan: world.lan(), ip: '10.0.0.1' }).xTaskCreate(program, 'main', { priority });
  return world.runSync().outcome;
}

/** A handler that notes its name and what it is told. */
function notes(log: string[], name: string) {
  return (arg: unknown, base: esp_event_base_t, id: number, data: number | null): void => {
    log.push(`${name} ${arg ?? '-'} ${base} ${id} ${data ?? '-'}`);
  };
}

const DONT_WAIT = 0;

test('handlers of one event are called in order of registration, whatever they are registered for', () => {
  const log: string[] = [];
  const outcome = run(function* (os) {
    yield* os.esp_event_loop_create_default();
    yield* os.esp_event_handler_register('B', 1, notes(log, 'first'), 'x');
    yield* os.esp_event_handler_register('B', ESP_EVENT_ANY_ID, notes(log, 'second'));
    yield* os.esp_event_handler_register(ESP_EVENT_ANY_BASE, ESP_EVENT_ANY_ID, notes(log, 'third'));
    yield* os.esp_event_handler_register('B', 1, notes(log, 'fourth'));
    yield* os.esp_event_handler_register('C', 1, notes(log, 'other base'));
    yield* os.esp_event_post('B', 1, 7, DONT_WAIT);
    yield* os.esp_event_post('B', 2, null, DONT_WAIT);
  });
  expect(outcome).toBe('ended');
  expect(log).toEqual([
    'first x B 1 7',
    'second - B 1 7',
    'third - B 1 7',
    'fourth - B 1 7',
    'second - B 2 -',
    'third - B 2 -',
  ]);
});

test('the loop outranks the program: its handlers have run when esp_event_post() returns', () => {
  const log: string[] = [];
  run(function* (os) {
    yield* os.esp_event_loop_create_default();
    yield* os.esp_event_handler_register('B', 1, notes(log, 'handler'));
    yield* os.esp_event_post('B', 1, null, DONT_WAIT);
    log.push('posted');
  });
  expect(log).toEqual(['handler - B 1 -', 'posted']);
});

test('the same handler for the same events is there once, with its last argument; an instance every time', () => {
  const log: string[] = [];
  const twice = notes(log, 'twice');
  const again = notes(log, 'again');
  run(function* (os) {
    yield* os.esp_event_loop_create_default();
    yield* os.esp_event_handler_register('B', 1, twice, 'old');
    yield* os.esp_event_handler_register('B', 1, twice, 'new');
    yield* os.esp_event_handler_register('B', ESP_EVENT_ANY_ID, notes(log, 'between'));
    yield* os.esp_event_handler_register('B', 1, twice, 'of a new group');
    yield* os.esp_event_handler_instance_register('B', 1, again);
    yield* os.esp_event_handler_instance_register('B', 1, again);
    yield* os.esp_event_post('B', 1, null, DONT_WAIT);
  });
  expect(log.map((line) => line.replace(' B 1 -', ''))).toEqual([
    'twice new',
    'between -',
    'twice of a new group',
    'again -',
    'again -',
  ]);
});

test('a handler can strike off others and itself while the event is handed out', () => {
  const log: string[] = [];
  const results: number[] = [];
  const last = notes(log, 'last');
  const instance: HandleOut<esp_event_handler_instance_t> = { value: null };
  function* first(_arg: unknown, base: esp_event_base_t, id: number, _data: null, os: Os) {
    log.push('first');
    results.push(yield* os.esp_event_handler_unregister(base, id, last));
    results.push(yield* os.esp_event_handler_instance_unregister(base, id, instance.value));
    results.push(yield* os.esp_event_handler_unregister(base, id, first));
  }
  run(function* (os) {
    yield* os.esp_event_loop_create_default();
    yield* os.esp_event_handler_register('B', 1, first);
    yield* os.esp_event_handler_instance_register('B', 1, notes(log, 'instance'), null, instance);
    yield* os.esp_event_handler_register('B', 1, last);
    yield* os.esp_event_post('B', 1, null, DONT_WAIT);
    yield* os.esp_event_post('B', 1, null, DONT_WAIT);
    results.push(yield* os.esp_event_handler_unregister('B', 1, last));
    results.push(yield* os.esp_event_handler_instance_unregister('B', 1, null));
  });
  expect(log).toEqual(['first']);
  expect(results).toEqual([ESP_OK, ESP_OK, ESP_OK, ESP_ERR_NOT_FOUND, ESP_ERR_NOT_FOUND]);
});

test('errors are those of ESP-IDF', () => {
  const results: number[] = [];
  const handler = notes([], '');
  run(function* (os) {
    results.push(yield* os.esp_event_handler_register('B', 1, handler));
    results.push(yield* os.esp_event_post('B', 1, null, DONT_WAIT));
    results.push(yield* os.esp_event_loop_delete_default());
    results.push(yield* os.esp_event_loop_create_default());
    results.push(yield* os.esp_event_loop_create_default());
    results.push(yield* os.esp_event_handler_register(ESP_EVENT_ANY_BASE, 1, handler));
    results.push(yield* os.esp_event_post(ESP_EVENT_ANY_BASE, 1, null, DONT_WAIT));
    results.push(yield* os.esp_event_post('B', ESP_EVENT_ANY_ID, null, DONT_WAIT));
    results.push(yield* os.esp_event_loop_delete_default());
    results.push(yield* os.esp_event_post('B', 1, null, DONT_WAIT));
  });
  expect(results).toEqual([
    ESP_ERR_INVALID_STATE,
    ESP_ERR_INVALID_STATE,
    ESP_ERR_INVALID_STATE,
    ESP_OK,
    ESP_ERR_INVALID_STATE,
    ESP_ERR_INVALID_ARG,
    ESP_ERR_INVALID_ARG,
    ESP_ERR_INVALID_ARG,
    ESP_OK,
    ESP_ERR_INVALID_STATE,
  ]);
});

test('a handler may take its time: the queue fills up, and who posts waits for a place', () => {
  const results: (number | string)[] = [];
  const log: number[] = [];
  function* slow(_arg: unknown, _base: esp_event_base_t, id: number, _data: null, os: Os) {
    yield* os.vTaskDelay(10);
    log.push(id);
    // The loop's own task never waits for a place.
    if (id === 0) results.push(yield* os.esp_event_post('B', 99, null, portMAX_DELAY));
  }
  const outcome = run(function* (os) {
    yield* os.esp_event_loop_create_default();
    yield* os.esp_event_handler_register('B', ESP_EVENT_ANY_ID, slow);
    for (let id = 0; id <= 32; id++) results.push(yield* os.esp_event_post('B', id, null, DONT_WAIT));
    results.push(yield* os.esp_event_post('B', 33, null, 5), `tick ${os.xTaskGetTickCount()}`);
    results.push(yield* os.esp_event_post('B', 34, null, portMAX_DELAY), `tick ${os.xTaskGetTickCount()}`);
  });
  // Number 0 is being handled, 32 wait; then one more fails after five ticks, and the last gets the place of number 1.
  expect(results).toEqual([
    ...new Array<number>(33).fill(ESP_OK),
    ESP_ERR_TIMEOUT,
    'tick 5',
    ESP_ERR_TIMEOUT,
    ESP_OK,
    'tick 10',
  ]);
  expect(log).toHaveLength(34);
  expect(outcome).toBe('ended');
});

test('a loop without a task is run by whoever calls esp_event_loop_run(), for so many ticks', async () => {
  const program = (log: string[]) => ({
    *generator(os: Os) {
      const out: HandleOut<esp_event_loop_handle_t> = { value: null };
      yield* os.esp_event_loop_create({ queue_size: 4 }, out);
      const loop = out.value!;
      yield* os.esp_event_handler_register_with(loop, 'B', 1, function* (_a: unknown, _b, _id, _d: null, inner: Os) {
        yield* inner.vTaskDelay(3);
        log.push(`handled in ${inner.task.name} at ${inner.xTaskGetTickCount()}`);
      });
      yield* os.esp_event_post_to(loop, 'B', 1, null, 0);
      yield* os.esp_event_post_to(loop, 'B', 1, null, 0);
      yield* os.esp_event_loop_run(loop, 0);
      log.push(`first run over at ${os.xTaskGetTickCount()}`);
      yield* os.esp_event_loop_run(loop, 20);
      log.push(`second run over at ${os.xTaskGetTickCount()}`);
      yield* os.esp_event_loop_delete(loop);
    },
    async promise(os: Os) {
      const out: HandleOut<esp_event_loop_handle_t> = { value: null };
      await os.esp_event_loop_create({ queue_size: 4 }, out);
      const loop = out.value!;
      await os.esp_event_handler_register_with(loop, 'B', 1, function* (_a: unknown, _b, _id, _d: null, inner: Os) {
        yield* inner.vTaskDelay(3);
        log.push(`handled in ${inner.task.name} at ${inner.xTaskGetTickCount()}`);
      });
      await os.esp_event_post_to(loop, 'B', 1, null, 0);
      await os.esp_event_post_to(loop, 'B', 1, null, 0);
      await os.esp_event_loop_run(loop, 0);
      log.push(`first run over at ${os.xTaskGetTickCount()}`);
      await os.esp_event_loop_run(loop, 20);
      log.push(`second run over at ${os.xTaskGetTickCount()}`);
      await os.esp_event_loop_delete(loop);
    },
  });
  for (const kind of ['generator', 'promise'] as const) {
    const log: string[] = [];
    const world = new World({ seed: 1 });
    world.esp32('board', { lan: world.lan(), ip: '10.0.0.1' }).xTaskCreate(program(log)[kind], 'main');
    expect((await world.run()).outcome).toBe('ended');
    expect(log).toEqual([
      'handled in main at 3',
      'first run over at 3',
      'handled in main at 6',
      'second run over at 23',
    ]);
  }
});

test("a loop of one's own has a task of one's own; while its handler works, others wait to register", () => {
  const log: string[] = [];
  const outcome = run(function* (os) {
    const out: HandleOut<esp_event_loop_handle_t> = { value: null };
    yield* os.esp_event_loop_create({ queue_size: 4, task_name: 'mine', task_priority: 3 }, out);
    const loop = out.value!;
    yield* os.esp_event_handler_register_with(loop, 'B', 1, function* (_a: unknown, _b, _id, _d: null, inner: Os) {
      log.push(`${inner.task.name} begins`);
      yield* inner.vTaskDelay(5);
      log.push(`${inner.task.name} ends`);
    });
    yield* os.esp_event_post_to(loop, 'B', 1, null, 0);
    log.push('posted');
    yield* os.vTaskDelay(1);
    yield* os.esp_event_handler_register_with(loop, 'B', 2, notes(log, 'late'));
    log.push(`registered at ${os.xTaskGetTickCount()}`);
    yield* os.esp_event_post_to(loop, 'B', 2, null, 0);
    yield* os.vTaskDelay(1);
  });
  expect(log).toEqual(['posted', 'mine begins', 'mine ends', 'registered at 5', 'late - B 2 -']);
  expect(outcome).toBe('ended');
});

test('a handler that returns a promise is refused in a sentence', () => {
  const refused = (): string =>
    run(function* (os) {
      yield* os.esp_event_loop_create_default();
      yield* os.esp_event_handler_register('B', 1, (async () => 0) as never);
      yield* os.esp_event_post('B', 1, null, 0);
    });
  expect(refused).toThrow('It cannot be an async function.');
});

test('a handler in which the loop is stuck is reported as such', () => {
  const world = new World({ seed: 1 });
  const board = world.esp32('board', { lan: world.lan(), ip: '10.0.0.1' });
  board.xTaskCreate(function* (os) {
    yield* os.esp_event_loop_create_default();
    yield* os.esp_event_handler_register('B', 1, function* (_a: unknown, _b, _id, _d: null, inner: Os) {
      yield* inner.recvfrom(yield* inner.socket(AF_INET, SOCK_DGRAM), new Uint8Array(4), 4, 0);
    });
    yield* os.esp_event_post('B', 1, null, 0);
  }, 'main');
  const { blocked } = world.runSync();
  expect(blocked.map((b) => `${b.task} ${b.call}`)).toEqual(['sys_evt recvfrom(54)']);
});
