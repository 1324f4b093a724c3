// The kernels that a program brings along. What it does not name is not linked.
#pragma once

#include <cstdint>

#include "interpreter/flatbuffer.h"
#include "interpreter/kernel.h"

namespace arenite {

// A list of kernels; it refers to the caller's array:
//   static const Kernel* const kKernels[] = {&kernels::conv_2d, &kernels::softmax};
//   OpResolver resolver(kKernels);
// Kernels of your own stand in the same list (custom_kernel in kernel.h).
class OpResolver {
 public:
  template <uint16_t N>
  constexpr OpResolver(const Kernel* const (&kernels)[N]) : kernels_(kernels), count_(N) {}  // NOLINT: implicit
  constexpr OpResolver(const Kernel* const* kernels, uint16_t count) : kernels_(kernels), count_(count) {}

  static constexpr uint16_t kNone = 0xFFFF;

  // Index of the kernel for a BuiltinOperator, or for the custom operator of this name; kNone when there is none.
  uint16_t find(uint32_t code, flat::Vector custom_code) const {
    for (uint16_t i = 0; i < count_; ++i) {
      const char* custom = kernels_[i]->custom_code;
      if (kernels_[i]->code == code && (custom == nullptr || custom_code.equals(custom))) return i;
    }
    return kNone;
  }
  const Kernel& kernel(uint16_t index) const { return *kernels_[index]; }

 private:
  const Kernel* const* kernels_;
  uint16_t count_;
};

}  // namespace arenite
