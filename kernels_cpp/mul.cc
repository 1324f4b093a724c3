// MUL with broadcasting. int8 and int16: the product of the two differences, requantized to the output.
#include "kernels_cpp/activation.h"
#include "kernels_cpp/broadcast.h"
#include "kernels_cpp/fixed_point.h"
#include "kernels_cpp/integers.h"
#include "kernels_cpp/isa.h"
#include "kernels_cpp/kernels.h"

namespace arenite {
namespace {

int32_t activation_of(const Node& node) {
  return node.option_i8(format::MulOptions::fused_activation_function, format::ActivationFunctionType::NONE);
}

Status prepare(const Node& node, uint32_t*) {
  const Tensor a = node.input(0);
  const Tensor b = node.input(1);
  const Tensor output = node.output(0);
  ARENITE_CHECK(activation_is_fusable(activation_of(node)), kBadOption);
  ARENITE_CHECK(broadcasts(a, b, output), kBadShape);
  ARENITE_CHECK(is_scaled(a) && is_scaled(b) && is_scaled(output), kBadQuantization);
  return Status::kOk;
}

// Of codes: int8_t or int16_t.
template <typename T>
struct Product {
  int32_t zero_a;
  int32_t zero_b;
  Multiplier multiplier;
  int32_t zero_out;
  ActivationRange<int32_t> range;

  T operator()(T a, T b) const {
    const int32_t steps = multiply_by_quantized_multiplier((a - zero_a) * (b - zero_b), multiplier);
    return static_cast<T>(zero_out + clamp(steps, range.min - zero_out, range.max - zero_out));
  }
};

// The operand that a run repeats comes second; a run that repeats both has one element.
ProductS8 job_of(const Product<int8_t>& product, const BroadcastRun<int8_t>& run) {
  ProductS8 job = {run.a,
                   run.b,
                   run.out,
                   run.count,
                   run.step_b,
                   -product.zero_a,
                   -product.zero_b,
                   product.multiplier,
                   product.zero_out,
                   product.range.min,
                   product.range.max};
  if (run.step_a != 0) return job;
  job.a = run.b;
  job.b = run.a;
  job.b_step = 0;
  job.a_offset = -product.zero_b;
  job.b_offset = -product.zero_a;
  return job;
}

void multiply(const BroadcastRun<int8_t>& run, const Product<int8_t>& product) {
  if (!isa::product_s8(job_of(product, run))) for_each_pair(run, product);
}
void multiply(const BroadcastRun<int16_t>& run, const Product<int16_t>& product) { for_each_pair(run, product); }

template <typename T>
void eval_codes(const Node& node, ActivationRange<int32_t> range) {
  const Tensor a = node.input(0);
  const Tensor b = node.input(1);
  const Tensor output = node.output(0);
  const Product<T> product = {a.zero_point, b.zero_point, quantize_ratio(a.scale(), b.scale(), output.scale()),
                              output.zero_point, range};
  for (BroadcastWalk walk(node); walk.next();) multiply(walk.run<T>(), product);
}

void eval_f32(const Node& node) {
  const ActivationRange<float> range = activation_range_f32(activation_of(node));
  for (BroadcastWalk walk(node); walk.next();) {
    for_each_pair(walk.run<float>(), [=](float a, float b) { return range.apply(a * b); });
  }
}

Status eval(const Node& node) {
  const Tensor output = node.output(0);
  if (is_float(output)) {
    eval_f32(node);
  } else if (is_integer(output)) {
    eval_integers(node, activation_of(node), [](auto a, auto b) { return a * b; });
  } else if (is_int16(output)) {
    eval_codes<int16_t>(node, activation_range_s16(activation_of(node), output));
  } else {
    eval_codes<int8_t>(node, activation_range_s8(activation_of(node), output));
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(mul);
