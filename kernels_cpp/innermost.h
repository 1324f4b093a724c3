// Operators on each vector of the innermost axis by itself: softmax, log_softmax, l2_normalization.
#pragma once

#include "kernels_cpp/rows.h"

namespace arenite {

// function(in, out, depth) for every vector; depth > 0.
template <typename T, typename Function>
inline void for_each_vector(const Node& node, Function function) {
  const int32_t depth = node.output(0).back(0);
  for_each_run<T, T>(node, [=](const T* in, T* out, int32_t n) {
    for (int32_t i = 0; i < n; i += depth) function(in + i, out + i, depth);
  });
}

}  // namespace arenite
