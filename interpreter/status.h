// Every way a call into the runtime can fail, and where. One byte on the device; the sentences live in
// status_text.cc, which is linked only where text is printed.
#pragma once

#include <cstdint>

namespace arenite {

// name, sentence. The order is stable: a code printed by old firmware keeps its meaning.
#define ARENITE_STATUS_LIST(X)                                                           \
  X(Ok, "no error")                                                                      \
  X(Truncated, "an offset or a length points past the end of the model")                 \
  X(Misaligned, "a value or the caller's memory is not aligned as it must be")           \
  X(BadIdentifier, "not a TFLite file: the identifier is not TFL3")                      \
  X(BadVersion, "schema or operator version is not supported")                           \
  X(BadStructure, "a table, vector or string of the model is malformed")                 \
  X(BadIndex, "an index of a buffer, tensor, operator or subgraph is out of range")      \
  X(BadOrder, "an operator reads a tensor that nothing has produced yet")                \
  X(BadShape, "a shape is malformed or differs from what the operator computes")         \
  X(BadType, "the operator does not take operands of these types")                       \
  X(BadArity, "the operator has too few or too many operands")                           \
  X(BadQuantization, "a scale, zero point or quantized dimension is missing or invalid") \
  X(BadOption, "an option of the operator has a value that is not supported")            \
  X(BadBuffer, "a constant's buffer length differs from type times shape")               \
  X(BadPlan, "the embedded arena plan overlaps live tensors or leaves the arena")        \
  X(UnsupportedOp, "the resolver has no kernel for this operator")                       \
  X(ArenaTooSmall, "the arena is too small")                                             \
  X(NotReady, "the interpreter has not been allocated")                                  \
  X(LimitExceeded, "the model exceeds a fixed limit of the runtime")                     \
  X(BadValue, "an operand's value at run time is out of range")                          \
  X(NotDue, "an operator waits for more input: the outputs are not new yet")             \
  X(TooManyIterations, "the loops of the model made more iterations than the program allows")

enum class [[nodiscard]] Status : uint8_t {
#define ARENITE_STATUS_ENUM(name, text) k##name,
  ARENITE_STATUS_LIST(ARENITE_STATUS_ENUM)
#undef ARENITE_STATUS_ENUM
};

constexpr uint16_t kNoNode = 0xFFFF;
constexpr uint32_t kNoDetail = 0xFFFFFFFF;

// A status and its place. `detail` is a tensor index; for a malformed table its byte offset in the file; for
// ArenaTooSmall the bytes needed; for UnsupportedOp the BuiltinOperator.
struct Error {
  Status status = Status::kOk;
  uint8_t subgraph = 0;
  uint16_t node = kNoNode;
  uint32_t detail = kNoDetail;
};

// Sentence for a status; only in host builds or when ARENITE_STATUS_TEXT is linked.
const char* status_text(Status status);

}  // namespace arenite

// Returns from the calling function when `expression` is not Ok.
#define ARENITE_TRY(expression)                                            \
  do {                                                                     \
    const ::arenite::Status arenite_status_ = (expression);                \
    if (arenite_status_ != ::arenite::Status::kOk) return arenite_status_; \
  } while (false)

// Returns `failure` unless `condition` holds.
#define ARENITE_CHECK(condition, failure)                \
  do {                                                   \
    if (!(condition)) return ::arenite::Status::failure; \
  } while (false)
