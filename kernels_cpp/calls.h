// Operands of an operator that calls subgraphs: they and the subgraph's inputs and outputs are copied, as TFLite Micro
// does. Planned inside the caller's time, none of them overlap.
#pragma once

#include "interpreter/kernel.h"

namespace arenite {

// Plans the call. The node's operands from `first` on must be what the subgraph takes, one by one. Its outputs are the
// caller's to check.
Status plan_call(const Node& node, Callee* callee, int32_t first);

// The subgraph gives what the node does, one by one.
Status check_results(const Node& node, const Callee& callee);

// The node's operands, one by one, are what it gives: a loop's variables.
Status check_variables(const Node& node);

// The one element of a bool tensor; a program may set an input to any byte.
inline bool is_true(const Tensor& condition) { return *condition.as<uint8_t>() != 0; }

void copy_elements(const Tensor& from, const Tensor& to);

// The node's outputs := the subgraph's.
void copy_results(const Callee& callee, const Node& node);

}  // namespace arenite
