/**
 * Property tests of programs in a world: arbitraries for what can go wrong and what can be done, and assertions whose
 * failures show the smallest case with its ladder and leave a capture. fast-check is an optional peer.
 */

export { type AssertOptions, assertAlways, assertAlwaysAsync, type Experiment } from './fast-check/assert.ts';
export {
  type CallSequenceOptions,
  type CallStep,
  callProgram,
  callSequence,
  type StepResult,
} from './fast-check/calls.ts';
export {
  BOARD_FAULTS,
  CALL_FAULTS,
  CONNECTION_FAULTS,
  type FaultPlanOptions,
  fault,
  faultPlan,
  NETWORK_FAULTS,
} from './fast-check/faults.ts';
export { type BuiltLab, buildLab, type Lab, type LabOptions, lab } from './fast-check/lab.ts';
export { address, chunking, port, type SegmentFields, segment, segmentFrame, timing } from './fast-check/values.ts';
