/** The public names of `cairndb/model`: the slow and obvious oracles that production is compared with. */

export { type HistoryCommit, type HistoryConflict, type HistoryFacts, historyFacts, treeText } from './history.ts';
export { areConcurrent, type Operation, Operations, visible } from './operations.ts';
export { exchangeModels, knownAnywhere, type ModelContext, ModelReplica, type ModelWrite } from './oracle.ts';
