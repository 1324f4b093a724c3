// SELECT and SELECT_V2: elements of operand 1 where operand 0 is true, else of operand 2.
#pragma once

#include "kernels_cpp/movement.h"

namespace arenite {

// Bytes of the condition from one index of each of the output's axes, counted from the right, to the next.
struct ConditionSteps {
  int32_t of[kMaxRank];
};

// Bytes from one index of an axis, counted from the right, to the next; 0 when the operand repeats its one element.
inline int32_t broadcast_step(const Tensor& operand, int32_t from_end) {
  return operand.back(from_end) == 1 ? 0 : pitch(operand, operand.rank - 1 - from_end);
}

// The shapes have been checked; operands 1 and 2 broadcast.
Status select_elements(const Node& node, const ConditionSteps& condition);

}  // namespace arenite
