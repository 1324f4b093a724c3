#include "view.h"

namespace arenite::tflm {
namespace {

// The TensorTypes of a file, which has another order.
TfLiteType tflite_type(Type type) {
  switch (type) {
    case Type::kFloat32:
      return kTfLiteFloat32;
    case Type::kFloat16:
      return kTfLiteFloat16;
    case Type::kInt32:
      return kTfLiteInt32;
    case Type::kUInt8:
      return kTfLiteUInt8;
    case Type::kInt64:
      return kTfLiteInt64;
    case Type::kBool:
      return kTfLiteBool;
    case Type::kInt16:
      return kTfLiteInt16;
    case Type::kInt8:
      return kTfLiteInt8;
    case Type::kUInt64:
      return kTfLiteUInt64;
    case Type::kUInt32:
      return kTfLiteUInt32;
    case Type::kInt4:
      return kTfLiteInt4;
    case Type::kResource:
      return kTfLiteResource;
  }
  return kTfLiteNoType;
}

}  // namespace

void View::set(const Tensor& shown) {
  const bool quantized = shown.scale_count != 0;
  affine = {array_of<TfLiteFloatArray>(shown.scales, shown.scale_count), &zero_point, shown.quantized_dimension};
  zero_point = {1, {static_cast<int>(shown.zero_point)}};
  tensor.quantization = {quantized ? kTfLiteAffineQuantization : kTfLiteNoQuantization, quantized ? &affine : nullptr};
  tensor.params = {shown.scale_count == 1 ? shown.scale() : 0.0f, shown.zero_point};
  tensor.data.data = shown.data;
  tensor.dims = array_of<TfLiteIntArray>(shown.dims, shown.rank);
  tensor.bytes = stored_bytes(shown.type, static_cast<uint32_t>(shown.count()));
  tensor.type = tflite_type(shown.type);
  tensor.allocation_type = shown.constant ? kTfLiteMmapRo : kTfLiteArenaRw;
  tensor.is_variable = false;
}

TfLiteEvalTensor eval_tensor(const Tensor& shown) {
  TfLiteEvalTensor tensor = {};
  tensor.data.data = shown.data;
  tensor.dims = array_of<TfLiteIntArray>(shown.dims, shown.rank);
  tensor.type = tflite_type(shown.type);
  return tensor;
}

}  // namespace arenite::tflm
