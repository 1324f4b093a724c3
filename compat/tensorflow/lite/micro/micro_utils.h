#pragma once

#include "tensorflow/lite/c/common.h"

namespace tflite {

inline int ElementCount(const TfLiteIntArray& dims) {
  int count = 1;
  for (int i = 0; i < dims.size; ++i) count *= dims.data[i];
  return count;
}

// real = scale * (q - zero_point), rounded to nearest, halves away from zero, and limited to T's range.
template <typename T>
T FloatToQuantizedType(float value, float scale, int zero_point) {
  constexpr bool is_signed = T(-1) < T(0);
  constexpr int64_t most = (int64_t{1} << (8 * sizeof(T) - (is_signed ? 1 : 0))) - 1;
  constexpr int64_t least = is_signed ? -most - 1 : 0;
  const float steps = value / scale;
  const float nearest = steps < 0 ? steps - 0.5f : steps + 0.5f;
  if (!(nearest > -2147483648.0f)) return static_cast<T>(least);
  if (nearest >= 2147483648.0f) return static_cast<T>(most);
  const int64_t code = int64_t{static_cast<int32_t>(nearest)} + zero_point;
  return static_cast<T>(code < least ? least : code > most ? most : code);
}

}  // namespace tflite
