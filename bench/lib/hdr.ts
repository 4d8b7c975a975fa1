/** The interchange form of a histogram: HDR V2, compressed, base64, as HdrHistogram's Java, Go and Rust tools read it. */

import type { Histogram } from '../../workers/record/histogram.ts';
import { HIGHEST_UNITS, halfBits, highestOf } from '../../workers/record/layout.ts';

/**
 * Encodes the buckets of a histogram; the values in it are integers, `histogram.scale` to a unit. The text depends on
 * the bucket counts alone, so equal content gives equal text whatever the order of merging.
 */
export async function encodeHdr(histogram: Histogram): Promise<string> {
  const { encodeIntoCompressedBase64, Float64Histogram } = await import('hdr-histogram-js');
  const hdr = new Float64Histogram(1, HIGHEST_UNITS, histogram.digits);
  let total = 0;
  let last = 0;
  histogram.forEachBucket((bucket, count) => {
    hdr.setCountAtIndex(bucket, count);
    total += count;
    last = bucket;
  });
  hdr.setTotalCount(total);
  // The encoder writes the counts up to the bucket of this value.
  hdr.maxValue = total === 0 ? 0 : Math.min(HIGHEST_UNITS, highestOf(last, halfBits(histogram.digits)));
  return encodeIntoCompressedBase64(hdr);
}
