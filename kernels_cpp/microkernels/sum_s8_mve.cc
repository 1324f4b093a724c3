// Four elements at a time. VRMULH and VRSHL are the two roundings of a Scaling.
#include "kernels_cpp/microkernels/mve.h"
#include "kernels_cpp/microkernels/vectors_mve.h"

namespace arenite::mve {
namespace {

// Scaling, lane by lane.
struct VectorScaling {
  int32x4_t multiplier;
  int32_t shift;
  explicit VectorScaling(const Scaling& s) : multiplier(vdupq_n_s32(s.multiplier)), shift(-s.exponent) {}
  int32x4_t operator()(int32x4_t doubled) const {
    return vrshlq_n_s32(vaddq_s32(vrmulhq_s32(doubled, multiplier), vshrq_n_s32(doubled, 31)), shift);
  }
};

// An operand, four codes at a time; one that is repeated stays where it is.
class Codes {
 public:
  Codes(const int8_t* at, int32_t step) : at_(at), advance_(step * kLanes) {
    vstrbq_s32(repeated_, vdupq_n_s32(*at));
    if (step == 0) at_ = repeated_;
  }
  Codes(const Codes&) = delete;
  Codes& operator=(const Codes&) = delete;

  int32x4_t next() {
    const int32x4_t codes = vldrbq_s32(at_);
    at_ += advance_;
    return codes;
  }
  int32x4_t next(mve_pred16_t present) const { return vldrbq_z_s32(at_, present); }

 private:
  const int8_t* at_;
  int32_t advance_;
  int8_t repeated_[kLanes];
};

template <bool kScaled>
void run_loop(const SumS8& sum) {
  const VectorScaling other_scaling(sum.other_scaling);
  const VectorScaling total(sum.total);
  const int32x4_t min = vdupq_n_s32(sum.min);
  const int32x4_t max = vdupq_n_s32(sum.max);
  const auto add = [&](int32x4_t wide, int32x4_t other) {
    int32x4_t doubled = vsubq_n_s32(vmulq_n_s32(wide, sum.wide_factor), sum.wide_offset);
    int32x4_t term = vsubq_n_s32(vmulq_n_s32(other, sum.other_factor), sum.other_offset);
    if (kScaled) {
      doubled = vmlaq_n_s32(doubled, other_scaling(term), sum.sign_of_two);
    } else {
      doubled = vaddq_s32(doubled, term);
    }
    return vminq_s32(vmaxq_s32(vaddq_n_s32(total(doubled), sum.zero_point), min), max);
  };
  Codes wide(sum.wide, sum.wide_step);
  Codes other(sum.other, sum.other_step);
  int8_t* out = sum.out;
  for (int8_t* const end = out + (sum.count & ~(kLanes - 1)); out != end; out += kLanes) {
    const int32x4_t first = wide.next();
    vstrbq_s32(out, add(first, other.next()));
  }
  const mve_pred16_t rest = vctp32q(static_cast<uint32_t>(sum.count & (kLanes - 1)));
  vstrbq_p_s32(out, add(wide.next(rest), other.next(rest)), rest);
}

}  // namespace

void sum_s8(const SumS8& sum) {
  if (sum.count == 0) return;
  if (sum.scaled) {
    run_loop<true>(sum);
  } else {
    run_loop<false>(sum);
  }
}

}  // namespace arenite::mve
