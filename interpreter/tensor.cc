#include "interpreter/tensor.h"

namespace arenite {

int32_t Tensor::back(int32_t from_end) const { return from_end < rank ? dims[rank - 1 - from_end] : 1; }

int32_t Tensor::count() const {
  int32_t n = 1;
  for (int32_t i = 0; i < rank; ++i) n *= dims[i];
  return n;
}

}  // namespace arenite
