#include "tensorflow/lite/micro/kernels/kernel_util.h"

namespace tflite::micro {
namespace {

TfLiteEvalTensor* tensor_of(const TfLiteContext* context, const TfLiteIntArray* list, int i) {
  const bool present = i >= 0 && i < list->size && list->data[i] != kTfLiteOptionalTensor;
  return present ? context->GetEvalTensor(context, list->data[i]) : nullptr;
}

}  // namespace

TfLiteEvalTensor* GetMutableEvalInput(const TfLiteContext* context, const TfLiteNode* node, int i) {
  return tensor_of(context, node->inputs, i);
}

const TfLiteEvalTensor* GetEvalInput(const TfLiteContext* context, const TfLiteNode* node, int i) {
  return tensor_of(context, node->inputs, i);
}

TfLiteEvalTensor* GetEvalOutput(const TfLiteContext* context, const TfLiteNode* node, int i) {
  return tensor_of(context, node->outputs, i);
}

}  // namespace tflite::micro
