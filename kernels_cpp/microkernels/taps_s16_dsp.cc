// SXTB16 makes (w0, w2) and (w1, w3) of four weights; the halves of (x0, x1) and (x2, x3) meet them in nine
// instructions.
#include "kernels_cpp/microkernels/every_register.h"

#include "kernels_cpp/microkernels/dsp.h"

namespace arenite::dsp {
namespace {

// One tap at the addresses of its elements (0, 1), of its elements (2, 3) and of its weights.
#define ARENITE_TAP(low, high, weights) \
  "ldr %[w], " weights                  \
  "\n\t"                                \
  "ldr %[x], " low                      \
  "\n\t"                                \
  "sxtb16 %[v], %[w]\n\t"               \
  "sxtb16 %[w], %[w], ror #8\n\t"       \
  "smlabb %[s0], %[x], %[v], %[s0]\n\t" \
  "smlatb %[s1], %[x], %[w], %[s1]\n\t" \
  "ldr %[x], " high                     \
  "\n\t"                                \
  "smlabt %[s2], %[x], %[v], %[s2]\n\t" \
  "smlatt %[s3], %[x], %[w], %[s3]\n\t"
#define ARENITE_SUMS [s0] "+r"(sums.s0), [s1] "+r"(sums.s1), [s2] "+r"(sums.s2), [s3] "+r"(sums.s3)

// step and pitch: bytes from tap to tap.
inline void add_taps(const int16_t* in, int32_t step, const int8_t* filter, int32_t pitch, int32_t count,
                     NarrowSums& sums) {
  uint32_t x, w, v;
  const int16_t* const upper = in + 2;
  if (count == 3) {
    asm(ARENITE_TAP("[%[in]]", "[%[upper]]", "[%[filter]]")
            ARENITE_TAP("[%[in], %[step]]", "[%[upper], %[step]]", "[%[filter], %[pitch]]")
                ARENITE_TAP("[%[in], %[step], lsl #1]", "[%[upper], %[step], lsl #1]", "[%[filter], %[pitch], lsl #1]")
        : ARENITE_SUMS, [x] "=&r"(x), [w] "=&r"(w), [v] "=&r"(v)
        : [in] "r"(in), [upper] "r"(upper), [filter] "r"(filter), [step] "r"(step), [pitch] "r"(pitch)
        : "memory");
    return;
  }
  const int8_t* at = reinterpret_cast<const int8_t*>(in);
  for (; count > 0; --count, at += step, filter += pitch) {
    asm(ARENITE_TAP("[%[in]]", "[%[in], #4]", "[%[filter]]")
        : ARENITE_SUMS, [x] "=&r"(x), [w] "=&r"(w), [v] "=&r"(v)
        : [in] "r"(at), [filter] "r"(filter)
        : "memory");
  }
}

#undef ARENITE_TAP
#undef ARENITE_SUMS

constexpr int32_t kMaxKernelRows = 8;  // taller kernels take the portable variant

}  // namespace

void taps_s16(const TapsS16& taps, int64_t* sums) {
  const int32_t rows = taps.at.rows.end - taps.at.rows.begin;
  if (rows > kMaxKernelRows) {
    portable::taps_s16(taps, sums);
    return;
  }
  const int16_t* in[kMaxKernelRows];
  for (int32_t i = 0; i < rows; ++i) in[i] = taps.first_tap(taps.at.rows.begin + i);
  const int32_t step = 2 * taps.step();
  const int32_t columns = taps.columns();
  const int32_t pitch = taps.window.output_pitch;
  const int32_t row_pitch = taps.window.kernel_width * pitch;
  const int8_t* filter = taps.first_weight(taps.at.rows.begin);
  for (int32_t c = 0; c < taps.count; c += 4, filter += 4) {
    NarrowSums s = {0, 0, 0, 0};
    const int8_t* weights = filter;
    for (int32_t i = 0; i < rows; ++i, weights += row_pitch) add_taps(in[i] + c, step, weights, pitch, columns, s);
    sums[c] = s.s0;
    sums[c + 1] = s.s1;
    sums[c + 2] = s.s2;
    sums[c + 3] = s.s3;
  }
}

}  // namespace arenite::dsp
