// Operand types and counts against an operator's row of schema/ops.def.
#pragma once

#include "interpreter/kernel.h"

namespace arenite {

// Ok when the node's operands fit one of the signatures (syntax in ops.def); BadType when only their types do not,
// else BadArity.
Status check_signatures(const char* signatures, const Node& node);

}  // namespace arenite
