// SVDF: each filter keeps what it found in the last `memory` inputs; a unit is the sum over `rank` filters of their
// memory times weights over time.
//
//   memory[filter] = (memory[filter] without its oldest, features[filter] . input)
//   output[unit] = activation(bias[unit] + sum over its filters of (time[filter] . memory[filter]))
//
// int8 as in TFLite Micro, with int8 or int16 state: the output is cut to int8 and the activation is not looked at.
// Float activations with int8 weights as in LiteRT: the input is brought to eight bits, weights over time are floats.
#include <cstring>

#include "kernels_cpp/fixed_point.h"
#include "kernels_cpp/hybrid.h"
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/microkernels/output_stage.h"
#include "kernels_cpp/shape.h"
#include "kernels_cpp/tanh_or_clamp.h"

namespace arenite {
namespace {

namespace Options = format::SVDFOptions;

struct Operands {
  Tensor input;     // [batch, inputs]
  Tensor features;  // [filters, inputs]
  Tensor time;      // [filters, memory]
  Tensor bias;      // [units] or absent
  Tensor state;     // [batch, filters * memory], the oldest first
  Tensor output;    // [batch, units]
  int32_t rank;     // filters of a unit

  explicit Operands(const Node& node)
      : input(node.input(0)),
        features(node.input(1)),
        time(node.input(2)),
        bias(node.input(3)),
        state(node.input(4)),
        output(node.output(0)),
        rank(node.option_i32(Options::rank, 0)) {}

  int32_t batch() const { return input.dim(0); }
  int32_t inputs() const { return input.dim(1); }
  int32_t filters() const { return features.dim(0); }
  int32_t memory() const { return time.dim(1); }
  int32_t units() const { return output.dim(1); }
};

Status check_shapes(const Operands& o) {
  ARENITE_CHECK(o.input.rank == 2 && o.features.rank == 2 && o.time.rank == 2 && o.output.rank == 2, kBadShape);
  ARENITE_CHECK(o.rank > 0, kBadOption);
  ARENITE_CHECK(o.filters() % o.rank == 0 && o.filters() / o.rank == o.units(), kBadShape);
  ARENITE_CHECK(o.features.dim(1) == o.inputs() && o.time.dim(0) == o.filters() && o.memory() > 0, kBadShape);
  ARENITE_CHECK(!o.bias.present || o.bias.count() == o.units(), kBadShape);
  ARENITE_CHECK(!o.state.constant, kBadArity);
  ARENITE_CHECK(o.state.rank == 2 && o.state.dim(0) == o.batch() && o.output.dim(0) == o.batch(), kBadShape);
  ARENITE_CHECK(o.state.dim(1) == static_cast<int64_t>(o.filters()) * o.memory(), kBadShape);
  return Status::kOk;
}

// --- float32 ---------------------------------------------------------------------------------------------------------

struct RealSvdf {
  using Value = float;
  using State = float;
  const float* bias;
  int32_t activation;

  RealSvdf(const Node& node, const Operands& o)
      : bias(o.bias.present ? o.bias.as<float>() : nullptr),
        activation(node.option_i8(Options::fused_activation_function, format::ActivationFunctionType::NONE)) {}
  static float add(float a, float b) { return a + b; }
  float start(int32_t unit) const { return bias == nullptr ? 0.0f : bias[unit]; }
  float finish(float sum) const { return tanh_or_clamp(activation, sum); }
};

struct FloatSvdf : RealSvdf {
  using Weight = float;
  using Moment = float;
  using Sum = float;

  using RealSvdf::RealSvdf;
  static const float* met(const float* x) { return x; }
  static float add_feature(float sum, float x, float weight) { return sum + x * weight; }
  static float feature(float sum) { return sum; }
  static float add_moment(float sum, float state, float weight) { return sum + state * weight; }
};

// int8 weights.
struct HybridSvdf : RealSvdf {
  using Weight = int8_t;
  using Moment = int8_t;
  using Sum = int32_t;
  int16_t* codes;
  int32_t inputs;
  bool asymmetric;
  float feature_scale;
  float time_scale;
  float scale = 0.0f;  // of a feature's sum

  HybridSvdf(const Node& node, const Operands& o)
      : RealSvdf(node, o),
        codes(static_cast<int16_t*>(node.scratch())),
        inputs(o.inputs()),
        asymmetric(node.option_i8(Options::asymmetric_quantize_inputs, 0) != 0),
        feature_scale(o.features.scale()),
        time_scale(o.time.scale()) {}
  const int16_t* met(const float* x) {
    if (inputs > 0) scale = quantize_dynamic(x, inputs, asymmetric, codes) * feature_scale;
    return codes;
  }
  static int32_t add_feature(int32_t sum, int16_t x, int8_t weight) { return wrap_add(sum, x * weight); }
  float feature(int32_t sum) const { return static_cast<float>(sum) * scale; }
  float add_moment(float sum, float state, int8_t weight) const {
    return sum + state * (static_cast<float>(weight) * time_scale);
  }
};

Status check_hybrid(const Operands& o) {
  ARENITE_CHECK(o.features.scale_count == 1 && o.features.zero_point == 0, kBadQuantization);
  ARENITE_CHECK(o.time.scale_count == 1 && o.time.zero_point == 0, kBadQuantization);
  return Status::kOk;
}

// --- int8 ------------------------------------------------------------------------------------------------------------

// The factors are quotients of floats, as in TFLite Micro.
float feature_factor(const Operands& o) { return o.input.scale() * o.features.scale() / o.state.scale(); }
float output_factor(const Operands& o) { return o.state.scale() * o.time.scale() / o.output.scale(); }

// A factor beyond this would shift everything out.
bool is_factor(float x) { return x > 0.0f && x < 1073741824.0f; }

Status check_quantization(const Operands& o) {
  const bool scaled = o.input.scale_count == 1 && o.features.scale_count == 1 && o.time.scale_count == 1 &&
                      o.state.scale_count == 1 && o.output.scale_count == 1;
  ARENITE_CHECK(scaled, kBadQuantization);
  ARENITE_CHECK(o.features.zero_point == 0 && o.time.zero_point == 0, kBadQuantization);
  ARENITE_CHECK(o.state.type == Type::kInt8 || o.state.zero_point == 0, kBadQuantization);
  ARENITE_CHECK(is_factor(feature_factor(o)) && is_factor(output_factor(o)), kBadQuantization);
  return Status::kOk;
}

// T: of the state and of the weights over time.
template <typename T>
struct IntegerSvdf {
  using Value = int8_t;
  using Weight = int8_t;
  using State = T;
  using Moment = T;
  using Sum = int32_t;
  const int32_t* bias;
  Multiplier feature_multiplier;
  Multiplier output_multiplier;
  int32_t input_zero;
  int32_t state_zero;
  int32_t output_zero;

  IntegerSvdf(const Node&, const Operands& o)
      : bias(o.bias.present ? o.bias.as<int32_t>() : nullptr),
        feature_multiplier(quantize_multiplier(feature_factor(o))),
        output_multiplier(quantize_multiplier(output_factor(o))),
        input_zero(o.input.zero_point),
        state_zero(o.state.zero_point),
        output_zero(o.output.zero_point) {}
  static const int8_t* met(const int8_t* x) { return x; }
  int32_t add_feature(int32_t sum, int8_t x, int8_t weight) const { return wrap_add(sum, (x - input_zero) * weight); }
  T feature(int32_t sum) const {
    constexpr int32_t kLow = sizeof(T) == 1 ? INT8_MIN : INT16_MIN, kHigh = sizeof(T) == 1 ? INT8_MAX : INT16_MAX;
    const int32_t code = wrap_add(multiply_by_quantized_multiplier(sum, feature_multiplier), state_zero);
    return static_cast<T>(clamp(code, kLow, kHigh));
  }
  int32_t add_moment(int32_t sum, T state, T weight) const { return wrap_add(sum, (state - state_zero) * weight); }
  static int32_t add(int32_t a, int32_t b) { return wrap_add(a, b); }
  int32_t start(int32_t unit) const { return bias == nullptr ? 0 : bias[unit]; }
  int8_t finish(int32_t sum) const {
    const int32_t code = wrap_add(multiply_by_quantized_multiplier(sum, output_multiplier), output_zero);
    return static_cast<int8_t>(clamp(code, INT8_MIN, INT8_MAX));
  }
};

// --- any type --------------------------------------------------------------------------------------------------------

// The newest entry of every filter's memory.
template <typename Svdf>
void remember(Svdf& svdf, const Operands& o, const typename Svdf::Value* values, typename Svdf::State* state) {
  const int32_t memory = o.memory();
  const auto* const x = svdf.met(values);
  const typename Svdf::Weight* weights = o.features.as<typename Svdf::Weight>();
  for (int32_t filter = 0; filter < o.filters(); ++filter, weights += o.inputs(), state += memory) {
    std::memmove(state, state + 1, static_cast<size_t>(memory - 1) * sizeof(*state));
    typename Svdf::Sum sum = 0;
    for (int32_t k = 0; k < o.inputs(); ++k) sum = svdf.add_feature(sum, x[k], weights[k]);
    state[memory - 1] = svdf.feature(sum);
  }
}

template <typename Svdf>
void recall(const Svdf& svdf, const Operands& o, const typename Svdf::State* state, typename Svdf::Value* y) {
  const typename Svdf::Moment* weights = o.time.as<typename Svdf::Moment>();
  for (int32_t unit = 0; unit < o.units(); ++unit) {
    auto total = svdf.start(unit);
    for (int32_t filter = 0; filter < o.rank; ++filter, weights += o.memory(), state += o.memory()) {
      decltype(total) sum = 0;
      for (int32_t k = 0; k < o.memory(); ++k) sum = svdf.add_moment(sum, state[k], weights[k]);
      total = svdf.add(total, sum);
    }
    y[unit] = svdf.finish(total);
  }
}

template <typename Svdf>
void run(const Node& node, const Operands& o) {
  Svdf svdf(node, o);
  for (int32_t entry = 0; entry < o.batch(); ++entry) {
    auto* state = o.state.as<typename Svdf::State>() + static_cast<ptrdiff_t>(entry) * o.state.dim(1);
    remember(svdf, o, o.input.as<typename Svdf::Value>() + static_cast<ptrdiff_t>(entry) * o.inputs(), state);
    recall(svdf, o, state, o.output.as<typename Svdf::Value>() + static_cast<ptrdiff_t>(entry) * o.units());
  }
}

Status prepare(const Node& node, uint32_t* scratch_bytes) {
  const Operands o(node);
  ARENITE_TRY(check_shapes(o));
  const int32_t activation = node.option_i8(Options::fused_activation_function, format::ActivationFunctionType::NONE);
  ARENITE_CHECK(is_float(o.input) ? is_tanh_or_clamp(activation) : activation_is_fusable(activation), kBadOption);
  if (is_hybrid(o.input, o.features)) {
    *scratch_bytes = codes_bytes(o.inputs());
    return check_hybrid(o);
  }
  return is_float(o.input) ? Status::kOk : check_quantization(o);
}

Status eval(const Node& node) {
  const Operands o(node);
  if (is_hybrid(o.input, o.features)) {
    run<HybridSvdf>(node, o);
  } else if (is_float(o.input)) {
    run<FloatSvdf>(node, o);
  } else if (o.state.type == Type::kInt16) {
    run<IntegerSvdf<int16_t>>(node, o);
  } else {
    run<IntegerSvdf<int8_t>>(node, o);
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(svdf);
