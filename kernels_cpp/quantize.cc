// QUANTIZE: float32 to codes, or codes to another scale or type. int8 and int16 have loops of their own.
#include "kernels_cpp/elementwise.h"
#include "kernels_cpp/kernels.h"

namespace arenite {
namespace {

Status check_codes(const Tensor& t) {
  ARENITE_CHECK(t.type == Type::kFloat32 || t.scale_count == 1, kBadQuantization);
  ARENITE_CHECK(t.type != Type::kInt32 || t.zero_point == 0, kBadQuantization);
  return Status::kOk;
}

Status prepare(const Node& node, uint32_t*) {
  ARENITE_TRY(check_elementwise(node));
  ARENITE_TRY(check_codes(node.input(0)));
  return check_codes(node.output(0));
}

// round(x / scale) in [low, high], ties away from zero. The cut comes before the conversion to an integer, which would
// be undefined for an infinity; whole limits cut the same before rounding. NaN goes to the low end.
int32_t steps_of(float x, float scale, float low, float high) {
  float quotient = x / scale;
  quotient = quotient > low ? quotient : low;
  quotient = quotient < high ? quotient : high;
  const int32_t halves = static_cast<int32_t>(quotient + quotient);
  return (halves + (halves < 0 ? -1 : 1)) / 2;
}

template <typename T>
void quantize_f32(const Node& node, int32_t low, int32_t high) {
  const Tensor output = node.output(0);
  const float scale = output.scale();
  const int32_t zero_point = output.zero_point;
  const float least = static_cast<float>(low - zero_point), most = static_cast<float>(high - zero_point);
  for_each_run<float, T>(node, [=](const float* in, T* out, int32_t n) {
    for (int32_t i = 0; i < n; ++i) out[i] = static_cast<T>(zero_point + steps_of(in[i], scale, least, most));
  });
}

// Code i of a run of any type.
int32_t code_at(Type type, const uint8_t* codes, int32_t i) {
  switch (type) {
    case Type::kInt32:
      return reinterpret_cast<const int32_t*>(codes)[i];
    case Type::kInt16:
      return reinterpret_cast<const int16_t*>(codes)[i];
    case Type::kUInt8:
      return codes[i];
    default:
      return static_cast<int8_t>(codes[i]);
  }
}

void put_code(Type type, uint8_t* codes, int32_t i, int32_t code) {
  switch (type) {
    case Type::kInt32:
      reinterpret_cast<int32_t*>(codes)[i] = code;
      return;
    case Type::kInt16:
      reinterpret_cast<int16_t*>(codes)[i] = static_cast<int16_t>(code);
      return;
    default:
      codes[i] = static_cast<uint8_t>(code);
  }
}

// What a code of the type may be.
ActivationRange<int32_t> codes_of(Type type) {
  switch (type) {
    case Type::kInt32:
      return {INT32_MIN, INT32_MAX};
    case Type::kInt16:
      return {INT16_MIN, INT16_MAX};
    case Type::kUInt8:
      return {0, UINT8_MAX};
    default:
      return {INT8_MIN, INT8_MAX};
  }
}

// From any type to any other, the type asked for each code.
void requantize_any(const Node& node) {
  const Tensor input = node.input(0);
  const Tensor output = node.output(0);
  const Multiplier m = quantize_ratio(input.scale(), 1.0f, output.scale());
  const ActivationRange<int32_t> range = codes_of(output.type);
  for_each_run<uint8_t, uint8_t>(node, [&](const uint8_t* in, uint8_t* out, int32_t n) {
    for (int32_t i = 0; i < n; ++i) {
      const int32_t steps = multiply_by_quantized_multiplier(code_at(input.type, in, i) - input.zero_point, m);
      const int32_t zero = output.zero_point;
      put_code(output.type, out, i, zero + clamp(steps, range.min - zero, range.max - zero));
    }
  });
}

bool is_coded_in(Type type) { return type == Type::kInt8 || (ARENITE_INT16 != 0 && type == Type::kInt16); }

Status eval(const Node& node) {
  const Tensor input = node.input(0);
  const Tensor output = node.output(0);
  const bool to_int16 = is_int16(output);
  if (input.type == Type::kFloat32) {
    if (output.type == Type::kUInt8) {
      quantize_f32<uint8_t>(node, 0, UINT8_MAX);
    } else if (to_int16) {
      quantize_f32<int16_t>(node, INT16_MIN, INT16_MAX);
    } else {
      quantize_f32<int8_t>(node, INT8_MIN, INT8_MAX);
    }
  } else if (!is_coded_in(input.type) || !is_coded_in(output.type)) {
    requantize_any(node);
  } else if (is_int16(input)) {
    if (to_int16) {
      requantize<int16_t, int16_t>(node, {INT16_MIN, INT16_MAX});
    } else {
      requantize<int16_t, int8_t>(node, {INT8_MIN, INT8_MAX});
    }
  } else if (to_int16) {
    requantize<int8_t, int16_t>(node, {INT16_MIN, INT16_MAX});
  } else {
    requantize<int8_t, int8_t>(node, {INT8_MIN, INT8_MAX});
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(quantize);
