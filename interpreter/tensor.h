// A view of one tensor: everything in it points into the model (flash) or the arena; nothing is owned or copied.
#pragma once

#include <cstdint>

namespace arenite {

// TensorType of TFLite schema v3; only types that some kernel takes.
enum class Type : uint8_t {
  kFloat32 = 0,
  kFloat16 = 1,  // of constants only
  kInt32 = 2,
  kUInt8 = 3,
  kInt64 = 4,
  kBool = 6,
  kInt16 = 7,
  kInt8 = 9,
  kUInt64 = 12,
  kUInt32 = 15,
  kInt4 = 17,
  kResource = 13,  // names a variable; has no bytes
};

constexpr int32_t kMaxRank = 6;

// Whether a float of these bits may be a scale: finite and > 0. Compared as integers, so that no float unit is needed.
constexpr bool is_scale(uint32_t bits) { return bits - 1 < 0x7F7FFFFF; }

// Bytes of one element, of int4 when it is unpacked; 0 for a resource and for a type that no kernel takes.
constexpr uint32_t type_size(Type type) {
  switch (type) {
    case Type::kFloat32:
    case Type::kInt32:
    case Type::kUInt32:
      return 4;
    case Type::kInt64:
    case Type::kUInt64:
      return 8;
    case Type::kInt16:
    case Type::kFloat16:
      return 2;
    case Type::kUInt8:
    case Type::kBool:
    case Type::kInt8:
    case Type::kInt4:
      return 1;
    case Type::kResource:
      return 0;
  }
  return 0;
}

// Bytes of `count` elements as they lie in memory: two int4 share one.
constexpr uint32_t stored_bytes(Type type, uint32_t count) {
  return type == Type::kInt4 ? (count + 1) / 2 : count * type_size(type);
}

// Valid during one call of prepare or eval. After Model::open: rank <= kMaxRank, dims >= 0, product of dims times
// type_size < 2^31, scales finite and > 0, zero_point in the type's range.
struct Tensor {
  void* data = nullptr;           // null: absent operand, or during prepare not a constant
  const int32_t* dims = nullptr;  // [rank], read in place
  int32_t rank = 0;
  const float* scales = nullptr;    // [scale_count], read in place; real = scale * (q - zero_point)
  int32_t scale_count = 0;          // 0: not quantized; 1: per tensor; else per channel
  int32_t zero_point = 0;           // of channel 0; per-channel tensors have 0 everywhere
  int32_t quantized_dimension = 0;  // axis of per-channel scales
  Type type = Type::kFloat32;
  bool present = false;   // false: optional operand that the file leaves out
  bool constant = false;  // data lies in the model

  int32_t dim(int32_t axis) const { return dims[axis]; }
  // Dimension counted from the right: back(0) is the innermost (channels), back(3) the batch; 1 beyond the rank.
  [[gnu::pure]] int32_t back(int32_t from_end) const;
  [[gnu::pure]] int32_t count() const;
  float scale() const { return scales[0]; }
  template <typename T>
  T* as() const {
    return static_cast<T*>(data);
  }
};

}  // namespace arenite
