// What operators with callbacks are written with.
#pragma once

#include "tensorflow/lite/c/common.h"
#include "tensorflow/lite/kernels/internal/compatibility.h"
#include "tensorflow/lite/kernels/internal/types.h"
#include "tensorflow/lite/micro/micro_common.h"
#include "tensorflow/lite/micro/micro_context.h"

namespace tflite {
namespace micro {

inline TFLMRegistration RegisterOp(void* (*init)(TfLiteContext* context, const char* buffer, size_t length),
                                   TfLiteStatus (*prepare)(TfLiteContext* context, TfLiteNode* node),
                                   TfLiteStatus (*invoke)(TfLiteContext* context, TfLiteNode* node),
                                   void (*free)(TfLiteContext* context, void* buffer) = nullptr,
                                   void (*reset)(TfLiteContext* context, void* buffer) = nullptr) {
  return {init, free, prepare, invoke, reset, 0, nullptr, nullptr};
}

// Of the operator's input or output i; null for an absent one.
TfLiteEvalTensor* GetMutableEvalInput(const TfLiteContext* context, const TfLiteNode* node, int i);
const TfLiteEvalTensor* GetEvalInput(const TfLiteContext* context, const TfLiteNode* node, int i);
TfLiteEvalTensor* GetEvalOutput(const TfLiteContext* context, const TfLiteNode* node, int i);

// The elements; null for no tensor. The type is not checked.
template <typename T>
T* GetTensorData(TfLiteEvalTensor* tensor) {
  return ElementsOf<T>(tensor);
}
template <typename T>
const T* GetTensorData(const TfLiteEvalTensor* tensor) {
  return ElementsOf<const T>(tensor);
}

inline RuntimeShape GetTensorShape(const TfLiteEvalTensor* tensor) {
  return ShapeOf(tensor);
}

inline bool HaveSameShapes(const TfLiteEvalTensor* a, const TfLiteEvalTensor* b) {
  return GetTensorShape(a) == GetTensorShape(b);
}

}  // namespace micro
}  // namespace tflite
