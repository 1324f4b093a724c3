// Functions of one element: computed for each element, or in int8 looked up in a table of all codes.
#pragma once

#include "kernels_cpp/elementwise.h"

namespace arenite {

constexpr int32_t kCodes = 256;

// Tensors larger than the table of all codes are looked up in it.
inline bool uses_table(const Tensor& input) { return input.count() > kCodes; }

// Scratch of map_s8; 0 for other types.
inline uint32_t map_scratch(const Tensor& input) {
  return input.type == Type::kInt8 && uses_table(input) ? static_cast<uint32_t>(kCodes) : 0;
}

// out = function(in), function from an int32_t code to an int8_t code.
template <typename Function>
inline void map_s8(const Node& node, const Function& function) {
  int8_t* const table = uses_table(node.input(0)) ? static_cast<int8_t*>(node.scratch()) + kCodes / 2 : nullptr;
  if (table != nullptr) {
    for (int32_t q = INT8_MIN; q <= INT8_MAX; ++q) table[q] = function(q);
  }
  for_each_run<int8_t, int8_t>(node, [=, &function](const int8_t* in, int8_t* out, int32_t n) {
    for (int32_t i = 0; i < n; ++i) out[i] = table != nullptr ? table[in[i]] : function(in[i]);
  });
}

// out = function(in), one element after the other.
template <typename T, typename Function>
inline void map(const Node& node, Function function) {
  for_each_run<T, T>(node, [=](const T* in, T* out, int32_t n) {
    for (int32_t i = 0; i < n; ++i) out[i] = function(in[i]);
  });
}

template <typename Function>
inline void map_f32(const Node& node, Function function) {
  map<float>(node, function);
}

// zero_point + steps as int8, saturated. The clamp comes first, so that the sum cannot overflow.
inline int8_t saturate_s8(int32_t steps, int32_t zero_point) {
  return static_cast<int8_t>(zero_point + clamp(steps, INT8_MIN - zero_point, INT8_MAX - zero_point));
}

inline int16_t saturate_s16(int32_t steps) { return static_cast<int16_t>(clamp(steps, INT16_MIN, INT16_MAX)); }

}  // namespace arenite
