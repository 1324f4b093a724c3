// EQUAL, LESS and their like with broadcasting; the result is bool. int8 as in TFLite: both operands are brought to
// real values in units of 2^-8, rounded, and those are compared. int16 codes are compared as they are when they have
// one scale, as TFLite does with all, else their real values.
#pragma once

#include "kernels_cpp/broadcast.h"
#include "kernels_cpp/fixed_point.h"
#include "kernels_cpp/kernels.h"

namespace arenite::compare {

constexpr int32_t kFractionBits = 8;

inline bool scales_fit(const Tensor& t) {
  return t.type != Type::kInt8 ||
         (t.scale_count == 1 && quantize_multiplier(t.scale()).shift <= 30 - 8 - kFractionBits);
}

inline bool one_scale(const Tensor& a, const Tensor& b) { return a.scale_count == 0 || a.scale() == b.scale(); }

inline Status prepare(const Node& node) {
  const Tensor a = node.input(0);
  const Tensor b = node.input(1);
  ARENITE_CHECK(broadcasts(a, b, node.output(0)), kBadShape);
  ARENITE_CHECK(scales_fit(a) && scales_fit(b), kBadQuantization);
  if (!is_int16(a)) return Status::kOk;
  ARENITE_CHECK(a.scale_count == b.scale_count && a.scale_count <= 1, kBadQuantization);
  ARENITE_CHECK(a.zero_point == 0 && b.zero_point == 0, kBadQuantization);
  return Status::kOk;
}

template <typename T, typename Op>
inline void eval_as(const Node& node, Op op) {
  for (BroadcastWalk walk(node); walk.next();) for_each_pair(walk.run<T, bool>(), op);
}

struct RealS8 {
  Multiplier multiplier;
  int32_t zero_point;
  explicit RealS8(const Tensor& t) : multiplier(quantize_multiplier(t.scale())), zero_point(t.zero_point) {}
  int32_t operator()(int8_t q) const {
    return multiply_by_quantized_multiplier((q - zero_point) * (1 << kFractionBits), multiplier);
  }
};

template <typename Op>
inline void eval_s16(const Node& node, Op op) {
  const Tensor a = node.input(0);
  const Tensor b = node.input(1);
  if (one_scale(a, b)) return eval_as<int16_t>(node, op);
  const float scale_a = a.scale();
  const float scale_b = b.scale();
  eval_as<int16_t>(node, [=](int16_t qa, int16_t qb) {
    return op(scale_a * static_cast<float>(qa), scale_b * static_cast<float>(qb));
  });
}

// op(a, b) for operands of any type.
template <typename Op>
inline Status eval(const Node& node, Op op) {
  switch (node.input(0).type) {
    case Type::kInt8: {
      const RealS8 real_a(node.input(0));
      const RealS8 real_b(node.input(1));
      eval_as<int8_t>(node, [=](int8_t a, int8_t b) { return op(real_a(a), real_b(b)); });
      return Status::kOk;
    }
    case Type::kInt16:
      if (ARENITE_INT16 != 0) eval_s16(node, op);
      return Status::kOk;
    case Type::kBool:
      eval_as<uint8_t>(node, [=](uint8_t a, uint8_t b) { return op(a != 0, b != 0); });
      return Status::kOk;
    case Type::kInt32:
      eval_as<int32_t>(node, op);
      return Status::kOk;
    case Type::kInt64:
      eval_as<int64_t>(node, op);
      return Status::kOk;
    default:
      if (ARENITE_FLOAT != 0) eval_as<float>(node, op);
      return Status::kOk;
  }
}

}  // namespace arenite::compare
