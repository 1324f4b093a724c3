// Four activations are sorted into (0, 2) and (1, 3), which is how SXTB16 takes four weights apart: 16 products take 24
// instructions.
#include "kernels_cpp/microkernels/every_register.h"

#include "kernels_cpp/microkernels/dsp.h"
#include "kernels_cpp/microkernels/dsp_instructions.h"

namespace arenite::dsp {
namespace {

constexpr int32_t kGroup = 4;  // products of each row per step

// Adds the first 4 * groups products, groups > 0; moves x and weights on. Rows lie `pitch` apart.
inline void multiply_groups(const int16_t*& x, const int8_t*& weights, int32_t pitch, int32_t groups,
                            NarrowSums& sums) {
  const int32_t pitch3 = 3 * pitch;
  // Comes in as the end of x, which then waits on the stack: all registers are taken.
  uint32_t word = reinterpret_cast<uintptr_t>(x + kGroup * groups);
  uint32_t even;
  uint32_t odd;
  uint32_t widened;
  asm("push {%[word]}\n\t"
      "1:\n\t"
      "ldr %[word], [%[x]], #4\n\t"
      "ldr %[odd], [%[x]], #4\n\t"
      "pkhbt %[even], %[word], %[odd], lsl #16\n\t"
      "pkhtb %[odd], %[odd], %[word], asr #16\n\t"
      ARENITE_DSP_ROW("%[s1]", "ldr %[word], [%[w], %[pitch]]")
      ARENITE_DSP_ROW("%[s2]", "ldr %[word], [%[w], %[pitch], lsl #1]")
      ARENITE_DSP_ROW("%[s3]", "ldr %[word], [%[w], %[pitch3]]")
      ARENITE_DSP_ROW("%[s0]", "ldr %[word], [%[w]], #4")
      "ldr %[word], [sp]\n\t"
      "cmp %[x], %[word]\n\t"
      "bne 1b\n\t"
      "add sp, #4\n\t"
      : [x] "+r"(x), [w] "+r"(weights), [s0] "+r"(sums.s0), [s1] "+r"(sums.s1), [s2] "+r"(sums.s2),
        [s3] "+r"(sums.s3), [word] "+r"(word), [even] "=&r"(even), [odd] "=&r"(odd), [widened] "=&r"(widened)
      : [pitch] "r"(pitch), [pitch3] "r"(pitch3)
      : "cc", "memory");
}

// Not inlined: the registers of a loop around it would be missing inside.
__attribute__((noinline)) void multiply(const DotsS16& dots, NarrowSums& sums) {
  const int16_t* x = dots.x;
  const int8_t* weights = dots.weights;
  const int32_t pitch = dots.pitch;
  const int32_t groups = static_cast<int32_t>(static_cast<uint32_t>(dots.count) / kGroup);
  NarrowSums s = sums;
  if (groups > 0) multiply_groups(x, weights, pitch, groups, s);
  for (int32_t k = groups * kGroup; k < dots.count; ++k, ++x, ++weights) {
    s.s0 += *x * weights[0];
    s.s1 += *x * weights[pitch];
    s.s2 += *x * weights[2 * pitch];
    s.s3 += *x * weights[3 * pitch];
  }
  sums = s;
}

}  // namespace

void dots_s16(const DotsS16& dots, int64_t* sums) { sum_in_parts(dots, sums, multiply); }

}  // namespace arenite::dsp
