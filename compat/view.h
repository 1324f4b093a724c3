// Our tensors as TFLite Micro's.
#pragma once

#include "interpreter/tensor.h"
#include "tensorflow/lite/c/common.h"

namespace arenite::tflm {

// A tensor with what its pointers point to.
struct View {
  TfLiteTensor tensor;
  TfLiteAffineQuantization affine;
  TfLiteIntArray zero_point;

  void set(const Tensor& shown);
};

TfLiteEvalTensor eval_tensor(const Tensor& shown);

// A vector of a file: a 32-bit length and its elements, as a TfLiteIntArray is.
template <typename Array>
Array* array_of(const void* elements, int32_t count) {
  static const Array kEmpty = {};
  if (count == 0) return const_cast<Array*>(&kEmpty);
  return reinterpret_cast<Array*>(static_cast<uint8_t*>(const_cast<void*>(elements)) - sizeof(int32_t));
}
static_assert(sizeof(int) == sizeof(int32_t) && offsetof(TfLiteIntArray, data) == sizeof(int32_t), "a file's vector");

}  // namespace arenite::tflm
