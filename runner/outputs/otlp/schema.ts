/** The messages of OTLP metrics that Brunt sends, as `opentelemetry/proto/metrics/v1/metrics.proto` numbers them. */

import type { Field, MessageType, Scalar } from './protobuf.ts';

const one = (id: number, type: Scalar | MessageType): Field => ({ id, type });
const many = (id: number, type: Scalar | MessageType): Field => ({ id, type, repeated: true });
/** A member of a oneof, or an `optional` field: 0 is not the same as absent. */
const present = (id: number, type: Scalar): Field => ({ id, type, presence: true });

const KEY_VALUE: MessageType = {
  key: one(1, 'string'),
  value: one(2, { stringValue: present(1, 'string') }),
};

const NUMBER_DATA_POINT: MessageType = {
  attributes: many(7, KEY_VALUE),
  startTimeUnixNano: one(2, 'fixed64'),
  timeUnixNano: one(3, 'fixed64'),
  asDouble: present(4, 'double'),
};

const HISTOGRAM_DATA_POINT: MessageType = {
  attributes: many(9, KEY_VALUE),
  startTimeUnixNano: one(2, 'fixed64'),
  timeUnixNano: one(3, 'fixed64'),
  count: one(4, 'fixed64'),
  sum: present(5, 'double'),
  bucketCounts: many(6, 'fixed64'),
  explicitBounds: many(7, 'double'),
  min: present(11, 'double'),
  max: present(12, 'double'),
};

const BUCKETS: MessageType = { offset: one(1, 'sint32'), bucketCounts: many(2, 'uint64') };

const EXPONENTIAL_HISTOGRAM_DATA_POINT: MessageType = {
  attributes: many(1, KEY_VALUE),
  startTimeUnixNano: one(2, 'fixed64'),
  timeUnixNano: one(3, 'fixed64'),
  count: one(4, 'fixed64'),
  sum: present(5, 'double'),
  scale: one(6, 'sint32'),
  zeroCount: one(7, 'fixed64'),
  positive: one(8, BUCKETS),
  min: present(12, 'double'),
  max: present(13, 'double'),
};

const METRIC: MessageType = {
  name: one(1, 'string'),
  unit: one(3, 'string'),
  gauge: one(5, { dataPoints: many(1, NUMBER_DATA_POINT) }),
  sum: one(7, {
    dataPoints: many(1, NUMBER_DATA_POINT),
    aggregationTemporality: one(2, 'enum'),
    isMonotonic: one(3, 'bool'),
  }),
  histogram: one(9, {
    dataPoints: many(1, HISTOGRAM_DATA_POINT),
    aggregationTemporality: one(2, 'enum'),
  }),
  exponentialHistogram: one(10, {
    dataPoints: many(1, EXPONENTIAL_HISTOGRAM_DATA_POINT),
    aggregationTemporality: one(2, 'enum'),
  }),
};

const RESOURCE_METRICS: MessageType = {
  resource: one(1, { attributes: many(1, KEY_VALUE) }),
  scopeMetrics: many(2, {
    scope: one(1, { name: one(1, 'string'), version: one(2, 'string') }),
    metrics: many(2, METRIC),
  }),
};

export const EXPORT_METRICS_REQUEST: MessageType = { resourceMetrics: many(1, RESOURCE_METRICS) };
