#pragma once

#include <stdint.h>
#include <string.h>

#include "tensorflow/lite/kernels/internal/compatibility.h"

namespace tflite {

// The dimensions of a tensor, of which there are at most six.
class RuntimeShape {
 public:
  RuntimeShape() = default;
  // Of int or int32_t, which are two types on some boards.
  template <typename Int>
  RuntimeShape(int count, const Int* dims) : count_(count) {
    TFLITE_DCHECK(count >= 0 && count <= kMost);
    for (int i = 0; i < count; ++i) dims_[i] = dims[i];
  }

  int32_t DimensionsCount() const { return count_; }
  int32_t Dims(int i) const { return dims_[i]; }
  void SetDim(int i, int32_t value) { dims_[i] = value; }
  int32_t* DimsData() { return dims_; }
  const int32_t* DimsData() const { return dims_; }
  int FlatSize() const {
    int elements = 1;
    for (int i = 0; i < count_; ++i) elements *= dims_[i];
    return elements;
  }
  bool operator==(const RuntimeShape& other) const {
    return count_ == other.count_ && memcmp(dims_, other.dims_, sizeof(int32_t) * static_cast<size_t>(count_)) == 0;
  }
  bool operator!=(const RuntimeShape& other) const { return !(*this == other); }

 private:
  static constexpr int kMost = 6;
  int32_t count_ = 0;
  int32_t dims_[kMost] = {};
};

// Of a TfLiteTensor or a TfLiteEvalTensor: its elements, whose type is not checked, and its shape. Null: there is none.
template <typename T, typename Tensor>
T* ElementsOf(Tensor* tensor) {
  return tensor == nullptr ? nullptr : static_cast<T*>(tensor->data.data);
}
template <typename Tensor>
RuntimeShape ShapeOf(const Tensor* tensor) {
  return tensor == nullptr || tensor->dims == nullptr ? RuntimeShape()
                                                      : RuntimeShape(tensor->dims->size, tensor->dims->data);
}

// The number of elements, which must be the same in both.
inline int MatchingFlatSize(const RuntimeShape& a, const RuntimeShape& b) {
  TFLITE_DCHECK(a == b);
  return a.FlatSize();
}

}  // namespace tflite
