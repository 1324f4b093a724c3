// Operands of whole numbers, int32 or int64: axes, shapes, paddings, indices.
#pragma once

#include "interpreter/tensor.h"

namespace arenite {

class IndexList {
 public:
  explicit IndexList(const Tensor& list) : data_(list.as<uint8_t>()), wide_(list.type == Type::kInt64) {}

  // False in prepare when it is not constant.
  bool known() const { return data_ != nullptr; }

  // What int32 cannot hold becomes its nearest end, which is as far out of range as any shape goes.
  int32_t operator[](int32_t i) const;

 private:
  const uint8_t* data_;
  bool wide_;
};

// Writes element i of an int32 or int64 output.
inline void put_index(const Tensor& output, int32_t i, int32_t index) {
  if (output.type == Type::kInt64) {
    output.as<int64_t>()[i] = index;
  } else {
    output.as<int32_t>()[i] = index;
  }
}

}  // namespace arenite
