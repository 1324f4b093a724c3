// Four channels at a time: SSUB8 compares bytes, SEL chooses them; SXTAB adds one.
#include "kernels_cpp/microkernels/dsp.h"
#include "kernels_cpp/microkernels/dsp_instructions.h"

namespace arenite::dsp {
namespace {

constexpr int32_t kBytes = 4;

// Scalars by name: GCC keeps arrays in memory.
struct Sums {
  int32_t s0, s1, s2, s3;
  void add_bytes(uint32_t word) {
    asm("sxtab %0, %0, %4\n\t"
        "sxtab %1, %1, %4, ror #8\n\t"
        "sxtab %2, %2, %4, ror #16\n\t"
        "sxtab %3, %3, %4, ror #24"
        : "+r"(s0), "+r"(s1), "+r"(s2), "+r"(s3)
        : "r"(word));
  }
};

}  // namespace

void max_s8(const MaxS8& job) {
  const int32_t count = job.count, pitch = job.pitch;
  int32_t c = 0;
  for (; c + kBytes <= count; c += kBytes) {
    const int8_t* in = job.in + c;
    uint32_t largest = load_word(job.acc + c);
    int32_t left = job.pixels;
    for (; left >= 2; left -= 2, in += 2 * pitch) {
      largest = max_bytes(max_bytes(largest, load_word(in)), load_word(in + pitch));
    }
    if (left != 0) largest = max_bytes(largest, load_word(in));
    std::memcpy(job.acc + c, &largest, sizeof largest);
  }
  if (c < count) portable::max_s8(from_channel(job, c));
}

void add_s8(const AddS8& job) {
  const int32_t count = job.count, pitch = job.pitch;
  int32_t c = 0;
  for (; c + kBytes <= count; c += kBytes) {
    const int8_t* in = job.in + c;
    int32_t* const acc = job.acc + c;
    Sums sums = {acc[0], acc[1], acc[2], acc[3]};
    int32_t left = job.pixels;
    for (; left >= 2; left -= 2, in += 2 * pitch) {
      const uint32_t next = load_word(in + pitch);
      sums.add_bytes(load_word(in));
      sums.add_bytes(next);
    }
    if (left != 0) sums.add_bytes(load_word(in));
    acc[0] = sums.s0;
    acc[1] = sums.s1;
    acc[2] = sums.s2;
    acc[3] = sums.s3;
  }
  if (c < count) portable::add_s8(from_channel(job, c));
}

}  // namespace arenite::dsp
