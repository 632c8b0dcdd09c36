/** Objects of the board that C holds by a number: interfaces, event loops, registered handlers. */

export class Handles {
  private readonly objects: object[] = [];
  private readonly numbers = new Map<object, number>();

  /** The number of an object, from 1; 0 for null. */
  of(object: object | null): number {
    if (object === null) return 0;
    let number = this.numbers.get(object);
    if (number === undefined) {
      number = this.objects.push(object);
      this.numbers.set(object, number);
    }
    return number;
  }

  /** @param kind its class  @returns null for a number that stands for no such object */
  get<T extends object>(number: number, kind: abstract new (...args: never[]) => T): T | null {
    const object = this.objects[number - 1];
    return object instanceof kind ? object : null;
  }
}
