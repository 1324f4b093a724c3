// 16 channels at a time, sums 8; fewer that are left are portable.
#include <immintrin.h>

#include "kernels_cpp/microkernels/portable.h"
#include "kernels_cpp/microkernels/x86.h"

namespace arenite::avx2 {

void max_s8(const MaxS8& job) {
  int32_t c = 0;
  for (; c + 16 <= job.count; c += 16) {
    __m128i* const acc = reinterpret_cast<__m128i*>(job.acc + c);
    const int8_t* in = job.in + c;
    __m128i largest = _mm_loadu_si128(acc);
    for (int32_t left = job.pixels; left > 0; --left, in += job.pitch) {
      largest = _mm_max_epi8(largest, _mm_loadu_si128(reinterpret_cast<const __m128i*>(in)));
    }
    _mm_storeu_si128(acc, largest);
  }
  portable::max_s8(from_channel(job, c));
}

void add_s8(const AddS8& job) {
  int32_t c = 0;
  for (; c + 8 <= job.count; c += 8) {
    __m256i* const acc = reinterpret_cast<__m256i*>(job.acc + c);
    const int8_t* in = job.in + c;
    __m256i sums = _mm256_loadu_si256(acc);
    for (int32_t left = job.pixels; left > 0; --left, in += job.pitch) {
      const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(in));
      sums = _mm256_add_epi32(sums, _mm256_cvtepi8_epi32(bytes));
    }
    _mm256_storeu_si256(acc, sums);
  }
  portable::add_s8(from_channel(job, c));
}

}  // namespace arenite::avx2
