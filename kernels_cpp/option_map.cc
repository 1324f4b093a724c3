#include "kernels_cpp/option_map.h"

#include <cstring>

namespace arenite {
namespace {

// Types of FlexBuffers; the byte that states one holds log2 of a width in its two lower bits.
constexpr uint8_t kInt = 1, kUnsigned = 2, kFloat = 3, kMap = 9, kBool = 26;

constexpr bool is_width(uint64_t width) { return width == 1 || width == 2 || width == 4 || width == 8; }

int32_t clipped(int64_t value) {
  return value < INT32_MIN ? INT32_MIN : value > INT32_MAX ? INT32_MAX : static_cast<int32_t>(value);
}

// `value` holds `width` bytes of a signed number.
int64_t extended(uint64_t value, uint32_t width) {
  const uint32_t unused = 64 - 8 * width;
  return static_cast<int64_t>(value << unused) >> unused;
}

float real(uint64_t value, uint32_t width) {
  if (width == 8) {
    double wide;
    std::memcpy(&wide, &value, sizeof(wide));
    return static_cast<float>(wide);
  }
  const uint32_t bits = static_cast<uint32_t>(value);
  float narrow;
  std::memcpy(&narrow, &bits, sizeof(narrow));
  return narrow;
}

}  // namespace

OptionMap::OptionMap(Bytes bytes) : bytes_(bytes) {
  if (!open()) count_ = 0;
}

// The last two bytes are the root's type and width; the root itself, a reference to the map, stands before them. Before
// a map's first value stand its length, the width of its keys' references and a reference to these.
bool OptionMap::open() {
  if (bytes_.size < 3) return false;
  const uint32_t root_width = bytes_.data[bytes_.size - 1];
  const uint8_t root_type = bytes_.data[bytes_.size - 2];
  if (!is_width(root_width) || bytes_.size < 2 + root_width || root_type >> 2 != kMap) return false;
  width_ = 1u << (root_type & 3);
  uint64_t count, key_width, key_count;
  if (!follow(bytes_.size - 2 - root_width, root_width, &values_) || values_ < 3 * width_) return false;
  if (!load(values_ - width_, width_, &count) || !load(values_ - 2 * width_, width_, &key_width)) return false;
  if (!is_width(key_width) || !follow(values_ - 3 * width_, width_, &keys_)) return false;
  key_width_ = static_cast<uint32_t>(key_width);
  if (keys_ < key_width_ || !load(keys_ - key_width_, key_width_, &key_count) || key_count != count) return false;
  const uint32_t behind = bytes_.size - values_;
  if (count > behind / (width_ + 1)) return false;
  count_ = static_cast<uint32_t>(count);
  return count_ <= (bytes_.size - keys_) / key_width_;
}

bool OptionMap::load(uint32_t at, uint32_t width, uint64_t* value) const {
  if (at > bytes_.size || width > bytes_.size - at) return false;
  *value = 0;
  std::memcpy(value, bytes_.data + at, width);
  return true;
}

// References point backwards.
bool OptionMap::follow(uint32_t at, uint32_t width, uint32_t* target) const {
  uint64_t distance;
  if (!load(at, width, &distance) || distance > at) return false;
  *target = at - static_cast<uint32_t>(distance);
  return true;
}

bool OptionMap::key_equals(uint32_t index, const char* key) const {
  uint32_t at;
  if (!follow(keys_ + index * key_width_, key_width_, &at)) return false;
  for (; at < bytes_.size; ++at, ++key) {
    if (bytes_.data[at] != static_cast<uint8_t>(*key)) return false;
    if (*key == '\0') return true;
  }
  return false;
}

bool OptionMap::find(const char* key, Number* number) const {
  for (uint32_t i = 0; i < count_; ++i) {
    if (!key_equals(i, key)) continue;
    *number = {static_cast<uint8_t>(bytes_.data[values_ + count_ * width_ + i] >> 2), values_ + i * width_};
    return true;
  }
  return false;
}

int32_t OptionMap::i32(const char* key, int32_t fallback) const {
  Number number;
  uint64_t value;
  if (!find(key, &number) || !load(number.at, width_, &value)) return fallback;
  switch (number.kind) {
    case kInt:
      return clipped(extended(value, width_));
    case kUnsigned:
    case kBool:
      return value > INT32_MAX ? INT32_MAX : static_cast<int32_t>(value);
    case kFloat: {
      const float whole = width_ < 4 ? 0.0f : real(value, width_);
      if (!(whole > -2147483648.0f)) return INT32_MIN;
      return whole < 2147483648.0f ? static_cast<int32_t>(whole) : INT32_MAX;
    }
    default:
      return fallback;
  }
}

float OptionMap::f32(const char* key, float fallback) const {
  Number number;
  uint64_t value;
  if (!find(key, &number) || !load(number.at, width_, &value)) return fallback;
  switch (number.kind) {
    case kInt:
      return static_cast<float>(extended(value, width_));
    case kUnsigned:
    case kBool:
      return static_cast<float>(value);
    case kFloat:
      return width_ < 4 ? fallback : real(value, width_);
    default:
      return fallback;
  }
}

}  // namespace arenite
