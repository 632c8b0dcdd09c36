/** The conditions of Kconfig files: symbols, constants, =, !=, <, <=, >, >=, !, &&, || and parentheses. */

import type { SdkconfigValue } from '../../device/index.ts';

/** What a symbol is worth; its name comes without CONFIG_. */
export type LookUp = (name: string) => SdkconfigValue | undefined;

const COMPARISON = /^(?:=|!=|<=?|>=?)$/;

/** Does the condition hold? */
export function holds(text: string, lookUp: LookUp): boolean {
  return new Evaluation(text.match(/"[^"]*"|\w+|\|\||&&|[!<>]=|[=!<>()]/g) ?? [], lookUp).either();
}

/** Recursive descent. Both sides are always read, as reading has no effects. */
class Evaluation {
  private readonly tokens: readonly string[];
  private readonly lookUp: LookUp;
  private at = 0;

  constructor(tokens: readonly string[], lookUp: LookUp) {
    this.tokens = tokens;
    this.lookUp = lookUp;
  }

  either(): boolean {
    let result = this.both();
    while (this.take('||')) result = this.both() || result;
    return result;
  }

  private both(): boolean {
    let result = this.single();
    while (this.take('&&')) result = this.single() && result;
    return result;
  }

  private single(): boolean {
    if (this.take('!')) return !this.single();
    if (this.take('(')) {
      const result = this.either();
      this.take(')');
      return result;
    }
    const left = this.operand();
    const sign = this.tokens[this.at];
    if (sign === undefined || !COMPARISON.test(sign)) return left === true;
    this.at++;
    return compare(left, sign, this.operand());
  }

  private operand(): SdkconfigValue {
    const token = this.tokens[this.at++] ?? 'n';
    if (token.startsWith('"')) return token.slice(1, -1);
    if (token === 'y' || token === 'n') return token === 'y';
    return /^\d/.test(token) ? Number(token) : (this.lookUp(token) ?? false);
  }

  private take(token: string): boolean {
    if (this.tokens[this.at] !== token) return false;
    this.at++;
    return true;
  }
}

function compare(left: SdkconfigValue, sign: string, right: SdkconfigValue): boolean {
  switch (sign) {
    case '=':
      return String(left) === String(right);
    case '!=':
      return String(left) !== String(right);
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    default:
      return left >= right;
  }
}
