/** ESP-IDF's task watchdog: it barks if the idle task has not run for five seconds. Source: esp_task_wdt.c */

import type { Task } from '../freertos.ts';
import type { Machine } from './machine.ts';
import { Panic } from './panic.ts';

const DEFAULT_TIMEOUT_S = 5;

export class Watchdog {
  private readonly machine: Machine;
  private readonly timeoutUs: number;
  private readonly panics: boolean;
  /** Since when, and until when, tasks have computed without a gap in which the idle task could have run. */
  private busySinceUs = 0;
  private busyUntilUs = -1;

  constructor(machine: Machine) {
    const { sdkconfig } = machine.host.firmware;
    this.machine = machine;
    const isOn = sdkconfig.value('CONFIG_ESP_TASK_WDT_INIT') !== false;
    this.timeoutUs = isOn
      ? Number(sdkconfig.value('CONFIG_ESP_TASK_WDT_TIMEOUT_S') ?? DEFAULT_TIMEOUT_S) * 1_000_000
      : Number.POSITIVE_INFINITY;
    this.panics = sdkconfig.value('CONFIG_ESP_TASK_WDT_PANIC') === true;
  }

  /** A task computes until `deadlineUs`. @throws Panic with CONFIG_ESP_TASK_WDT_PANIC */
  onHog(task: Task, deadlineUs: number): void {
    const { nowUs } = this.machine.board.scheduler;
    if (nowUs !== this.busyUntilUs) this.busySinceUs = nowUs;
    this.busyUntilUs = deadlineUs;
    if (deadlineUs - this.busySinceUs <= this.timeoutUs) return;
    this.busySinceUs = deadlineUs;
    const { console } = this.machine.host;
    const lines = [
      'Task watchdog got triggered. The following tasks/users did not reset the watchdog in time:',
      ' - IDLE0 (CPU 0)',
      'Tasks currently running:',
      `CPU 0: ${task.name}`,
    ];
    for (const line of lines) console.log('E', 'task_wdt', line, task.name);
    if (this.panics) throw new Panic('Task watchdog', lines.join('\n'));
  }
}
