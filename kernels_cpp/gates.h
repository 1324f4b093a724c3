// What recurrent kernels share: how a sequence is walked, and the sums of their gates.
#pragma once

#include <cstring>

#include "kernels_cpp/fixed_point.h"
#include "kernels_cpp/hybrid.h"
#include "kernels_cpp/microkernels/output_stage.h"
#include "kernels_cpp/shape.h"

namespace arenite::gates {

constexpr float kGateScale = 1.0f / 4096.0f;       // of a gate's sum, Q3.12
constexpr float kFractionScale = 1.0f / 32768.0f;  // of what sigmoid and tanh give, Q0.15

// Sizes, and which vector of the input belongs to one batch entry and step.
struct Extent {
  int32_t steps;
  int32_t batch;
  int32_t inputs;
  int32_t units;
  int32_t stride;  // of the output's vectors
  bool time_major;
  bool backwards = false;

  // input, output: rank 3.
  Extent(const Tensor& input, const Tensor& output, bool is_time_major)
      : steps(input.dim(is_time_major ? 0 : 1)),
        batch(input.dim(is_time_major ? 1 : 0)),
        inputs(input.back(0)),
        units(output.back(0)),
        stride(units),
        time_major(is_time_major) {}
  ptrdiff_t vector(int32_t entry, int32_t step) const {
    if (backwards) step = steps - 1 - step;
    return time_major ? static_cast<ptrdiff_t>(step) * batch + entry : static_cast<ptrdiff_t>(entry) * steps + step;
  }
};

inline Status check_sequence(const Tensor& input, const Tensor& output) {
  ARENITE_CHECK(input.rank == 3 && output.rank == 3, kBadShape);
  ARENITE_CHECK(output.dim(0) == input.dim(0) && output.dim(1) == input.dim(1), kBadShape);
  return Status::kOk;
}

inline Status check_matrix(const Tensor& t, int32_t rows, int32_t columns) {
  ARENITE_CHECK(t.present && t.rank == 2 && t.dim(0) == rows && t.dim(1) == columns, kBadShape);
  return Status::kOk;
}

inline Status check_bias(const Tensor& t, const Extent& e) {
  ARENITE_CHECK(t.present && t.count() == e.units, kBadShape);
  return Status::kOk;
}

// A state that the operator may write to.
inline Status check_state(const Tensor& t, const Extent& e) {
  ARENITE_CHECK(t.present && !t.constant, kBadArity);
  ARENITE_CHECK(t.count() == static_cast<int64_t>(e.batch) * e.units, kBadShape);
  return Status::kOk;
}

// Weights with one scale that multiply `x`; its own quantization has been checked.
inline Status check_weights(const Tensor& weights, const Tensor& x, float sum_scale = kGateScale) {
  if (is_float(weights)) return Status::kOk;
  ARENITE_CHECK(weights.scale_count == 1 && weights.zero_point == 0, kBadQuantization);
  ARENITE_CHECK(!is_int16(x) || quantize_ratio(x.scale(), weights.scale(), sum_scale).shift <= kMaxWideShift,
                kBadQuantization);
  return Status::kOk;
}

// Real zero.
inline void forget_state(const Tensor& state) {
  const size_t bytes = static_cast<size_t>(state.count()) * type_size(state.type);
  std::memset(state.data, state.type == Type::kInt8 ? state.zero_point : 0, bytes);
}

// A truth value for each vector of the input, or nothing: where it is false a step changes no state and gives the
// output of the step before.
inline Status check_mask(const Tensor& mask, const Tensor& input) {
  if (!mask.present) return Status::kOk;
  ARENITE_CHECK(mask.rank == 2 && mask.dim(0) == input.dim(0) && mask.dim(1) == input.dim(1), kBadShape);
  return Status::kOk;
}

// Calls layer.step(vector, entry, hidden, y) for all steps of each entry: `vector` numbers the input's, `hidden` is the
// entry's state before and y after the step. A unit reads the whole state of the step before, so that the new one is
// gathered in the output. mask: null or as in check_mask.
template <typename Layer>
void walk(Layer& layer, const Extent& e, const Tensor& state, typename Layer::Value* output,
          const uint8_t* mask = nullptr) {
  using Value = typename Layer::Value;
  const size_t bytes = static_cast<size_t>(e.units) * sizeof(Value);
  for (int32_t entry = 0; entry < e.batch; ++entry) {
    Value* hidden = state.as<Value>() + static_cast<ptrdiff_t>(entry) * e.units;
    for (int32_t time = 0; time < e.steps; ++time) {
      const ptrdiff_t vector = e.vector(entry, time);
      Value* const y = output + vector * e.stride;
      if (mask != nullptr && mask[vector] == 0) {
        std::memcpy(y, hidden, bytes);
        continue;
      }
      layer.step(vector, entry, hidden, y);
      std::memcpy(hidden, y, bytes);
    }
  }
}

// --- float activations -----------------------------------------------------------------------------------------------

// A vector as weights of type W multiply it: floats as they are, for int8 weights brought to eight bits.
template <typename W>
struct Factor;

template <>
struct Factor<float> {
  const float* values = nullptr;
  int32_t count = 0;

  static constexpr uint32_t scratch_bytes(int32_t) { return 0; }
  void place(int32_t length, uint8_t**) { count = length; }
  void set(const float* x, bool) { values = x; }
};

template <>
struct Factor<int8_t> {
  int16_t* codes = nullptr;
  int32_t count = 0;
  float scale = 0.0f;

  static constexpr uint32_t scratch_bytes(int32_t length) { return (codes_bytes(length) + 3) & ~3u; }
  // Takes room for `length` codes from *scratch, which stays a multiple of 4.
  void place(int32_t length, uint8_t** scratch) {
    count = length;
    codes = reinterpret_cast<int16_t*>(*scratch);
    *scratch += scratch_bytes(length);
  }
  void set(const float* x, bool asymmetric) {
    if (count > 0) scale = quantize_dynamic(x, count, asymmetric, codes);
  }
};

template <typename W>
struct Matrix {
  const W* weights = nullptr;
  float scale = 0.0f;  // of int8 weights

  Matrix() = default;
  explicit Matrix(const Tensor& t) : weights(t.as<W>()), scale(t.scale_count > 0 ? t.scale() : 0.0f) {}
};

// weights[unit] . x; 0 when there are none.
inline float product(const Matrix<float>& matrix, const Factor<float>& x, int32_t unit) {
  const float* w = matrix.weights + static_cast<ptrdiff_t>(unit) * x.count;
  float total = 0.0f;
  for (int32_t k = 0; k < x.count; ++k) total += w[k] * x.values[k];
  return total;
}
inline float product(const Matrix<int8_t>& matrix, const Factor<int8_t>& x, int32_t unit) {
  const int8_t* w = matrix.weights + static_cast<ptrdiff_t>(unit) * x.count;
  int32_t sum = 0;
  for (int32_t k = 0; k < x.count; ++k) sum = wrap_add(sum, w[k] * x.codes[k]);
  return static_cast<float>(sum) * (x.scale * matrix.scale);
}

// --- int8 and int16 --------------------------------------------------------------------------------------------------

inline int32_t wrapping_sum(int32_t a, int32_t b) { return wrap_add(a, b); }
inline int64_t wrapping_sum(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}

inline int32_t saturate_s16(int32_t x) { return clamp(x, INT16_MIN, INT16_MAX); }

// From a sum of products and a bias to Q3.12.
inline int32_t gate_code(int32_t sum, Multiplier m) { return saturate_s16(multiply_by_quantized_multiplier(sum, m)); }
inline int32_t gate_code(int64_t sum, Multiplier m) {
  return saturate_s16(multiply_wide_by_quantized_multiplier(sum, m));
}

// The code of `steps` from the zero point, saturated.
template <typename T>
T code(int32_t steps, int32_t zero_point) {
  constexpr int32_t kLow = sizeof(T) == 1 ? INT8_MIN : INT16_MIN, kHigh = sizeof(T) == 1 ? INT8_MAX : INT16_MAX;
  return static_cast<T>(zero_point + clamp(steps, kLow - zero_point, kHigh - zero_point));
}

// Down to here a GRU's factor of the candidate, 2^(7 - 30) / scale, stays below 1, and a Q0.15 in codes below 2^23.
constexpr float kSmallestStateScale = 1.0f / 4194304.0f;

// The output's grid, on which a state between -1 and 1 has room.
inline Status check_state_grid(const Tensor& state, const Tensor& output) {
  ARENITE_CHECK(is_scaled(state) && same_quantization(state, output), kBadQuantization);
  ARENITE_CHECK(state.scale() >= kSmallestStateScale, kBadQuantization);
  return Status::kOk;
}

// One matrix of a gate. T: of the vector that it multiplies.
template <typename T, typename Sum>
struct Product {
  const int8_t* weights;
  Multiplier multiplier;
  int32_t zero_point;
  int32_t count;

  Product() = default;
  Product(const Tensor& w, const Tensor& x, float sum_scale = kGateScale)
      : weights(w.as<int8_t>()),
        multiplier(quantize_ratio(x.scale(), w.scale(), sum_scale)),
        zero_point(x.zero_point),
        count(w.dim(1)) {}
  int32_t operator()(const T* x, int32_t unit, Sum bias) const {
    const int8_t* w = weights + static_cast<ptrdiff_t>(unit) * count;
    Sum sum = bias;
    for (int32_t k = 0; k < count; ++k) sum = wrapping_sum(sum, Sum{w[k] * (x[k] - zero_point)});
    return gate_code(sum, multiplier);
  }
};

}  // namespace arenite::gates
