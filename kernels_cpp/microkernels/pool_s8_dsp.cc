// Four channels at a time: SSUB8 compares bytes, SEL chooses them; SXTAB adds one.
#include "kernels_cpp/microkernels/dsp.h"
#include "kernels_cpp/microkernels/dsp_instructions.h"

namespace arenite::dsp {
namespace {

constexpr int32_t kBytes = 4;

// acc[c] += byte c of `word`.
inline void add_bytes(int32_t* acc, uint32_t word) {
  asm("sxtab %0, %0, %4\n\t"
      "sxtab %1, %1, %4, ror #8\n\t"
      "sxtab %2, %2, %4, ror #16\n\t"
      "sxtab %3, %3, %4, ror #24"
      : "+r"(acc[0]), "+r"(acc[1]), "+r"(acc[2]), "+r"(acc[3])
      : "r"(word));
}

}  // namespace

void max_s8(const MaxS8& job) {
  int8_t* acc = job.acc;
  const int8_t* in = job.in;
  for (int8_t* const end = acc + (job.count & ~(kBytes - 1)); acc != end; acc += kBytes, in += kBytes) {
    const uint32_t greater = max_bytes(load_word(acc), load_word(in));
    std::memcpy(acc, &greater, sizeof greater);
  }
  portable::max_s8({acc, in, job.count & (kBytes - 1)});
}

void add_s8(const AddS8& job) {
  int32_t* acc = job.acc;
  const int8_t* in = job.in;
  for (int32_t* const end = acc + (job.count & ~(kBytes - 1)); acc != end; acc += kBytes, in += kBytes) {
    add_bytes(acc, load_word(in));
  }
  portable::add_s8({acc, in, job.count & (kBytes - 1)});
}

}  // namespace arenite::dsp
