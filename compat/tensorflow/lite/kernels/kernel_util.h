// Questions about nodes and tensors.
#pragma once

#include "tensorflow/lite/c/common.h"
#include "tensorflow/lite/kernels/internal/tensor_ctypes.h"

namespace tflite {

inline int NumInputs(const TfLiteNode* node) { return node->inputs == nullptr ? 0 : node->inputs->size; }
inline int NumOutputs(const TfLiteNode* node) { return node->outputs == nullptr ? 0 : node->outputs->size; }
inline int NumDimensions(const TfLiteTensor* tensor) { return tensor->dims->size; }
inline int SizeOfDimension(const TfLiteTensor* tensor, int i) { return tensor->dims->data[i]; }

inline int64_t NumElements(const int* dims, int count) {
  int64_t elements = 1;
  for (int i = 0; i < count; ++i) elements *= dims[i];
  return elements;
}
inline int64_t NumElements(const TfLiteIntArray* dims) { return NumElements(dims->data, dims->size); }
inline int64_t NumElements(const TfLiteTensor* tensor) { return NumElements(tensor->dims); }

inline bool IsConstantTensor(const TfLiteTensor* tensor) { return tensor->allocation_type == kTfLiteMmapRo; }
inline bool HaveSameShapes(const TfLiteTensor* a, const TfLiteTensor* b) {
  return GetTensorShape(a) == GetTensorShape(b);
}

}  // namespace tflite
