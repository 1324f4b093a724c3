#include "kernels_cpp/table.h"

#include "kernels_cpp/elementwise.h"
#include "kernels_cpp/types.h"

namespace arenite {
namespace {

// int8: an entry for each code. int16: one for every 128 codes and one behind the last, between which lines are drawn.
constexpr int32_t kCodes = 256;
constexpr int32_t kSteps = 512;
constexpr int32_t kCodesPerStep = 128;

// Scratch that is zero until the table has been filled.
template <typename T, int32_t kEntries>
struct KeptTable {
  uint32_t filled;
  T entries[kEntries];
};
using TableS8 = KeptTable<int8_t, kCodes>;
using TableS16 = KeptTable<int16_t, kSteps + 1>;

// Cut to what float arithmetic goes on with; NaN goes to the low end.
float limited(float x) {
  constexpr float kLimit = 1e30f;
  if (!(x > -kLimit)) return -kLimit;
  return x > kLimit ? kLimit : x;
}

// To nearest, ties away from zero.
float rounded(float x) {
  constexpr float kWhole = 8388608.0f;  // from here on floats have no fraction
  if (x <= -kWhole || x >= kWhole) return x;
  const float whole = static_cast<float>(static_cast<int32_t>(x));
  const float rest = x - whole;  // exact, unlike x + 0.5
  return whole + (rest >= 0.5f ? 1.0f : 0.0f) - (rest <= -0.5f ? 1.0f : 0.0f);
}

template <typename T>
T saturated(float code, float low, float high) {
  return static_cast<T>(code < low ? low : (code > high ? high : code));
}

float lowest_of(const Tensor& output, int32_t lowest_code) {
  return static_cast<float>(lowest_code - output.zero_point) * output.scale();
}

void fill(TableS8* table, const Tensor& input, const Tensor& output, RealFunction function) {
  const float inverse_scale = 1.0f / output.scale();
  const float lowest = lowest_of(output, INT8_MIN);
  for (int32_t q = INT8_MIN; q <= INT8_MAX; ++q) {
    const float real = input.scale() * static_cast<float>(q - input.zero_point);
    const float code = rounded(limited(function(real, lowest) * inverse_scale)) + static_cast<float>(output.zero_point);
    table->entries[q - INT8_MIN] = saturated<int8_t>(code, INT8_MIN, INT8_MAX);
  }
}

// Entries are lowered by half of what the line to the next one is above the function in the middle.
void fill(TableS16* table, const Tensor& input, const Tensor& output, RealFunction function) {
  const float first = input.scale() * INT16_MIN;
  const float last = input.scale() * INT16_MAX;
  const float step = (last - first) / kSteps;
  const float lowest = lowest_of(output, INT16_MIN);
  const float inverse_scale = 65536.0f / (output.scale() * INT16_MAX - lowest);
  const auto steps_at = [=](float x) { return limited(function(x, lowest) * inverse_scale); };
  float value = steps_at(first);
  for (int32_t i = 0; i < kSteps; ++i) {
    const float place = first + static_cast<float>(i) * step;
    const float next = steps_at(first + static_cast<float>(i + 1) * step);
    const float line = rounded((next + rounded(value)) / 2);
    const float middle = rounded(steps_at(place + step / 2));
    table->entries[i] = saturated<int16_t>(rounded(value) - rounded((line - middle) / 2), INT16_MIN, INT16_MAX);
    value = next;
  }
  table->entries[kSteps] = saturated<int16_t>(rounded(steps_at(last)), INT16_MIN, INT16_MAX);
}

// The table of the operator, filled when this is the first eval.
template <typename Table>
const Table& filled_table(const Node& node, RealFunction function) {
  Table* table = static_cast<Table*>(node.scratch());
  if (table->filled == 0) {
    fill(table, node.input(0), node.output(0), function);
    table->filled = 1;
  }
  return *table;
}

void look_up_s16(const Node& node, const TableS16& table) {
  for_each_run<int16_t, int16_t>(node, [&](const int16_t* in, int16_t* out, int32_t n) {
    for (int32_t i = 0; i < n; ++i) {
      const int32_t place = in[i] - INT16_MIN;
      const int16_t* entry = table.entries + place / kCodesPerStep;
      const int32_t slope = static_cast<int16_t>(entry[1] - entry[0]);  // wraps, as TFLite's does
      const int32_t rise = (slope * (place % kCodesPerStep) + kCodesPerStep / 2) >> 7;
      out[i] = static_cast<int16_t>(entry[0] + rise);
    }
  });
}

}  // namespace

uint32_t table_scratch(const Tensor& input) {
  if (is_int16(input)) return sizeof(TableS16);
  return input.type == Type::kInt8 ? sizeof(TableS8) : 0;
}

void look_up(const Node& node, RealFunction function) {
  if (is_int16(node.input(0))) {
    look_up_s16(node, filled_table<TableS16>(node, function));
    return;
  }
  const int8_t* centre = filled_table<TableS8>(node, function).entries - INT8_MIN;
  for_each_run<int8_t, int8_t>(node, [=](const int8_t* in, int8_t* out, int32_t n) {
    for (int32_t i = 0; i < n; ++i) out[i] = centre[in[i]];
  });
}

}  // namespace arenite
