/** Search for the smallest misfortune that breaks a program. */

export {
  type Check,
  type FinishedRun,
  MISFORTUNES,
  type Misfortune,
  type MisfortuneKind,
  type Scenario,
  scenario,
} from './explore/scenario.ts';
export { type ExploreOptions, type ExploreResult, explore, type Finding, type Progress } from './explore/search.ts';
