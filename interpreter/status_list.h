// Every way a call into the runtime can fail. Plain macros: C reads this file too (c_api/arenite.h).
#pragma once

// name, sentence. The order is stable: a code printed by old firmware keeps its meaning.
#define ARENITE_STATUS_LIST(X)                                                                    \
  X(Ok, "no error")                                                                               \
  X(Truncated, "an offset or a length points past the end of the model")                          \
  X(Misaligned, "a value or the caller's memory is not aligned as it must be")                    \
  X(BadIdentifier, "not a TFLite file: the identifier is not TFL3")                               \
  X(BadVersion, "schema or operator version is not supported")                                    \
  X(BadStructure, "a table, vector or string of the model is malformed")                          \
  X(BadIndex, "an index of a buffer, tensor, operator or subgraph is out of range")               \
  X(BadOrder, "an operator reads a tensor that nothing has produced yet")                         \
  X(BadShape, "a shape is malformed or differs from what the operator computes")                  \
  X(BadType, "the operator does not take operands of these types")                                \
  X(BadArity, "the operator has too few or too many operands")                                    \
  X(BadQuantization, "a scale, zero point or quantized dimension is missing or invalid")          \
  X(BadOption, "an option of the operator has a value that is not supported")                     \
  X(BadBuffer, "a constant is not aligned to its elements, or not as long as its shape asks for") \
  X(BadPlan, "the embedded arena plan overlaps live tensors or leaves the arena")                 \
  X(UnsupportedOp, "the resolver has no kernel for this operator")                                \
  X(ArenaTooSmall, "the arena is too small")                                                      \
  X(NotReady, "the interpreter has not been allocated")                                           \
  X(LimitExceeded, "the model exceeds a fixed limit of the runtime")                              \
  X(BadValue, "an operand's value at run time is out of range")                                   \
  X(NotDue, "an operator waits for more input: the outputs are not new yet")                      \
  X(TooManyIterations, "the loops of the model made more iterations than the program allows")
