// The bodies of an operator of weights, one for each pair of types.
#pragma once

#include "interpreter/kernel.h"
#include "kernels_cpp/hybrid.h"
#include "kernels_cpp/types.h"

namespace arenite {

// Operands: with Tensors `input` and `filter`. A constexpr object: bodies that are left out are not linked.
template <typename Operands>
struct Bodies {
  using Body = void (*)(const Node& node, const Operands& operands);
  Body hybrid_s8;  // float32 with int8 weights
  Body hybrid_s4;
  Body f32;
  Body s16;
  Body s8;  // int8 with int8 or int4 weights

  // Inlined, so that nothing is called through the table.
  [[gnu::always_inline]] void run(const Node& node, const Operands& o) const {
    if (is_hybrid(o.input, o.filter)) {
      if (is_int4(o.filter)) {
        hybrid_s4(node, o);
      } else {
        hybrid_s8(node, o);
      }
    } else if (is_float(o.input)) {
      f32(node, o);
    } else if (is_int16(o.input)) {
      s16(node, o);
    } else {
      s8(node, o);
    }
  }
};

}  // namespace arenite
