// Operand types and counts against an operator's row of schema/ops.def.
#pragma once

#include "interpreter/kernel.h"

namespace arenite {

// Ok when the node's operands fit one of the signatures (syntax in ops.def); BadType when only their types do not,
// else BadArity. BadBuffer for a constant of int64 that is aligned to 4 bytes only, unless its operand may be absent.
Status check_signatures(const char* signatures, const Node& node);

}  // namespace arenite
