// ADD and SUB with broadcasting: a + kSign * b. int8 as in TFLite: both operands are brought to half the larger scale
// with 20 bits of fraction, added, and scaled to the output; every step rounds. int16 alike with 15 bits. (TFLite Micro
// does so whatever the option pot_scale_int16 says.)
#pragma once

#include "kernels_cpp/activation.h"
#include "kernels_cpp/broadcast.h"
#include "kernels_cpp/fixed_point.h"
#include "kernels_cpp/integers.h"
#include "kernels_cpp/isa.h"
#include "kernels_cpp/kernels.h"

namespace arenite::sum {

constexpr int32_t kFractionBits = 20;
constexpr int32_t kFractionBitsS16 = 15;

// real * 2^-by, flushed to zero as TFLite's QuantizeMultiplier does; a shift of 1 is as good as any for zero.
inline Multiplier shifted_down(Multiplier real, int32_t by) {
  return real.shift - by < -31 ? Multiplier{0, -1} : Multiplier{real.multiplier, real.shift - by};
}

// From twice the sum of both terms to the output's code.
struct SumStage {
  Scaling scaling;
  int32_t zero_point;
  int32_t low;  // limits before the zero point is added
  int32_t high;

  SumStage(float wide_scale, const Tensor& output, int32_t activation)
      : scaling(shifted_down(quantize_ratio(wide_scale, 1.0f, output.scale()), kFractionBits - 1)),
        zero_point(output.zero_point) {
    const ActivationRange<int32_t> range = activation_range_s8(activation, output);
    low = range.min - zero_point;
    high = range.max - zero_point;
  }
  int8_t operator()(int32_t doubled) const {
    return static_cast<int8_t>(zero_point + clamp(scaling(doubled), low, high));
  }

  // What both kinds of sum tell a variant of this processor alike.
  SumS8 job(const BroadcastRun<int8_t>& run) const {
    SumS8 job = {};
    job.wide = run.a;
    job.other = run.b;
    job.out = run.out;
    job.count = run.count;
    job.wide_step = run.step_a;
    job.other_step = run.step_b;
    job.total = scaling;
    job.zero_point = zero_point;
    job.min = zero_point + low;
    job.max = zero_point + high;
    return job;
  }
};

// Operands of one scale: both factors are exactly 1/2. |q - zero_point| <= 255, so every term stays below 2^30.
template <int32_t kSign>
struct EqualScalesS8 {
  SumStage stage;
  int32_t offset;

  EqualScalesS8(const Tensor& a, const Tensor& b, const SumStage& s)
      : stage(s), offset((a.zero_point + kSign * b.zero_point) * (1 << kFractionBits)) {}
  int8_t operator()(int8_t a, int8_t b) const { return stage((a + kSign * b) * (1 << kFractionBits) - offset); }

  SumS8 job(const BroadcastRun<int8_t>& run) const {
    SumS8 job = stage.job(run);
    job.wide_factor = 1 << kFractionBits;
    job.wide_offset = offset;
    job.other_factor = kSign * (1 << kFractionBits);
    return job;
  }
};

// `wide` is the operand with the larger scale: its factor is exactly 1/2, so it is shifted by one bit less.
template <int32_t kWideSign, int32_t kNarrowSign>
struct ScaledS8 {
  SumStage stage;
  Scaling narrow;
  int32_t wide_offset;
  int32_t narrow_offset;

  ScaledS8(const Tensor& wide, const Tensor& other, const SumStage& s)
      : stage(s),
        narrow(shifted_down(quantize_ratio(other.scale(), 1.0f, wide.scale()), 1)),
        wide_offset(wide.zero_point * (1 << kFractionBits)),
        narrow_offset(other.zero_point * (1 << (kFractionBits + 1))) {}
  int8_t operator()(int8_t wide, int8_t other) const {
    const int32_t doubled = wide * (1 << kFractionBits) - wide_offset;
    const int32_t scaled = 2 * narrow(other * (1 << (kFractionBits + 1)) - narrow_offset);
    return stage(kWideSign * doubled + kNarrowSign * scaled);
  }

  SumS8 job(const BroadcastRun<int8_t>& run) const {
    SumS8 job = stage.job(run);
    job.wide_factor = kWideSign * (1 << kFractionBits);
    job.wide_offset = kWideSign * wide_offset;
    job.other_factor = 1 << (kFractionBits + 1);
    job.other_offset = narrow_offset;
    job.scaled = true;
    job.sign_of_two = 2 * kNarrowSign;
    job.other_scaling = narrow;
    return job;
  }
};

// No zero points. Terms stay below 2^29.
template <int32_t kSign>
struct SumS16 {
  Multiplier a;
  Multiplier b;
  Multiplier sum;
  ActivationRange<int32_t> range;

  SumS16(const Tensor& ta, const Tensor& tb, const Tensor& output, int32_t activation)
      : range(activation_range_s16(activation, output)) {
    const float wide = ta.scale() < tb.scale() ? tb.scale() : ta.scale();
    a = shifted_down(quantize_ratio(ta.scale(), 1.0f, wide), 1);
    b = shifted_down(quantize_ratio(tb.scale(), 1.0f, wide), 1);
    sum = shifted_down(quantize_ratio(wide, 1.0f, output.scale()), kFractionBitsS16 - 1);
  }
  int16_t operator()(int16_t qa, int16_t qb) const {
    const int32_t terms = multiply_by_quantized_multiplier(qa * (1 << kFractionBitsS16), a) +
                          kSign * multiply_by_quantized_multiplier(qb * (1 << kFractionBitsS16), b);
    return static_cast<int16_t>(clamp(multiply_by_quantized_multiplier(terms, sum), range.min, range.max));
  }
};

// AddOptions and SubOptions alike.
inline int32_t activation_of(const Node& node) {
  static_assert(format::AddOptions::fused_activation_function == format::SubOptions::fused_activation_function);
  return node.option_i8(format::AddOptions::fused_activation_function, format::ActivationFunctionType::NONE);
}

inline Status prepare(const Node& node) {
  const Tensor a = node.input(0);
  const Tensor b = node.input(1);
  const Tensor output = node.output(0);
  ARENITE_CHECK(activation_is_fusable(activation_of(node)), kBadOption);
  ARENITE_CHECK(broadcasts(a, b, output), kBadShape);
  if (is_float(output) || is_integer(output)) return Status::kOk;
  ARENITE_CHECK(is_scaled(a) && is_scaled(b) && is_scaled(output), kBadQuantization);
  // The sum's factor must stay below 1/2: no output scale 2^18 times (int16: 2^13 times) finer than the inputs'.
  const float wide = a.scale() < b.scale() ? b.scale() : a.scale();
  const int32_t limit = is_int16(output) ? kFractionBitsS16 - 1 : kFractionBits - 1;
  ARENITE_CHECK(quantize_ratio(wide, 1.0f, output.scale()).shift < limit, kBadQuantization);
  return Status::kOk;
}

template <typename Function>
inline void sum_run(const BroadcastRun<int8_t>& run, const Function& function) {
  if (!isa::sum_s8(function.job(run))) for_each_pair(run, function);
}

template <int32_t kSign>
inline void eval_s8(const Node& node) {
  const Tensor a = node.input(0);
  const Tensor b = node.input(1);
  const bool swap = a.scale() < b.scale();
  const SumStage stage(swap ? b.scale() : a.scale(), node.output(0), activation_of(node));
  if (a.scale() == b.scale()) {
    const EqualScalesS8<kSign> function(a, b, stage);
    for (BroadcastWalk walk(node); walk.next();) sum_run(walk.run<int8_t>(), function);
  } else if (swap) {
    const ScaledS8<kSign, 1> function(b, a, stage);
    for (BroadcastWalk walk(node); walk.next();) {
      const BroadcastRun<int8_t> run = walk.run<int8_t>();
      sum_run(BroadcastRun<int8_t>{run.b, run.a, run.out, run.count, run.step_b, run.step_a}, function);
    }
  } else {
    const ScaledS8<1, kSign> function(a, b, stage);
    for (BroadcastWalk walk(node); walk.next();) sum_run(walk.run<int8_t>(), function);
  }
}

template <int32_t kSign>
inline void eval_s16(const Node& node) {
  const SumS16<kSign> function(node.input(0), node.input(1), node.output(0), activation_of(node));
  for (BroadcastWalk walk(node); walk.next();) for_each_pair(walk.run<int16_t>(), function);
}

template <int32_t kSign>
inline void eval_f32(const Node& node) {
  const ActivationRange<float> range = activation_range_f32(activation_of(node));
  for (BroadcastWalk walk(node); walk.next();) {
    for_each_pair(walk.run<float>(), [=](float a, float b) { return range.apply(kSign < 0 ? a - b : a + b); });
  }
}

template <int32_t kSign>
inline Status eval(const Node& node) {
  const Tensor output = node.output(0);
  if (is_float(output)) {
    eval_f32<kSign>(node);
  } else if (is_integer(output)) {
    eval_integers(node, activation_of(node), [](auto a, auto b) { return kSign < 0 ? a - b : a + b; });
  } else if (is_int16(output)) {
    eval_s16<kSign>(node);
  } else {
    eval_s8<kSign>(node);
  }
  return Status::kOk;
}

}  // namespace arenite::sum
