#pragma once

#include "tensorflow/lite/c/common.h"
#include "tensorflow/lite/kernels/internal/types.h"

namespace tflite {

// The tensor's elements; null for no tensor. The type is not checked.
template <typename T>
T* GetTensorData(TfLiteTensor* tensor) {
  return ElementsOf<T>(tensor);
}
template <typename T>
const T* GetTensorData(const TfLiteTensor* tensor) {
  return ElementsOf<const T>(tensor);
}

inline RuntimeShape GetTensorShape(const TfLiteTensor* tensor) {
  return ShapeOf(tensor);
}

// The TfLiteType of T.
template <typename T>
constexpr TfLiteType typeToTfLiteType() {
  return kTfLiteNoType;
}
#define ARENITE_TFLM_TYPE(cpp, tflite_type)      \
  template <>                                    \
  constexpr TfLiteType typeToTfLiteType<cpp>() { \
    return tflite_type;                          \
  }
ARENITE_TFLM_TYPE(float, kTfLiteFloat32)
ARENITE_TFLM_TYPE(int8_t, kTfLiteInt8)
ARENITE_TFLM_TYPE(uint8_t, kTfLiteUInt8)
ARENITE_TFLM_TYPE(int16_t, kTfLiteInt16)
ARENITE_TFLM_TYPE(int32_t, kTfLiteInt32)
ARENITE_TFLM_TYPE(uint32_t, kTfLiteUInt32)
ARENITE_TFLM_TYPE(int64_t, kTfLiteInt64)
ARENITE_TFLM_TYPE(uint64_t, kTfLiteUInt64)
ARENITE_TFLM_TYPE(bool, kTfLiteBool)
#undef ARENITE_TFLM_TYPE

}  // namespace tflite
