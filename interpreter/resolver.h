// The kernels that a program brings along. What it does not name is not linked.
#pragma once

#include <cstdint>

#include "interpreter/kernel.h"

namespace arenite {

// A list of kernels; it refers to the caller's array:
//   static const Kernel* const kKernels[] = {&kernels::conv_2d, &kernels::softmax};
//   OpResolver resolver(kKernels);
class OpResolver {
 public:
  template <uint16_t N>
  constexpr OpResolver(const Kernel* const (&kernels)[N]) : kernels_(kernels), count_(N) {}  // NOLINT: implicit
  constexpr OpResolver(const Kernel* const* kernels, uint16_t count) : kernels_(kernels), count_(count) {}

  static constexpr uint16_t kNone = 0xFFFF;

  // Index of the kernel for a BuiltinOperator, or kNone.
  uint16_t find(uint32_t code) const {
    for (uint16_t i = 0; i < count_; ++i) {
      if (kernels_[i]->code == code) return i;
    }
    return kNone;
  }
  const Kernel& kernel(uint16_t index) const { return *kernels_[index]; }

 private:
  const Kernel* const* kernels_;
  uint16_t count_;
};

}  // namespace arenite
