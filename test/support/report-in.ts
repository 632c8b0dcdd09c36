/** The run that a report's page holds. */

import { inflateRawSync } from 'node:zlib';
import { type ReportData, unpackReport } from '../../tools/report/report-data.ts';

export function reportIn(html: string): ReportData {
  const base64 = /<script id="data"[^>]*>([^<]*)</.exec(html)![1]!;
  return unpackReport(inflateRawSync(Buffer.from(base64, 'base64')));
}
