// int8 and int16 functions that have no integer arithmetic: looked up in a table that is made with floats as TFLite
// makes it. Filling costs up to 2,000 instructions an entry, so the first eval does it, into scratch that is kept.
#pragma once

#include "interpreter/kernel.h"

namespace arenite {

// x and the result are real values; lowest is that of the output's lowest code. The function must give the same bits on
// every host and board (elementary.h).
using RealFunction = float (*)(float x, float lowest);

// Bytes of scratch for look_up, which the kernel must keep; 0 for types without a table.
uint32_t table_scratch(const Tensor& input);

// out = function(in) for int8 and int16 operands.
void look_up(const Node& node, RealFunction function);

}  // namespace arenite
