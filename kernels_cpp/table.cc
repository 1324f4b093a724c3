#include "kernels_cpp/table.h"

#include "kernels_cpp/elementwise.h"
#include "kernels_cpp/line_table.h"
#include "kernels_cpp/types.h"

namespace arenite {
namespace {

constexpr int32_t kCodes = 256;

struct TableS8 {
  int8_t entries[kCodes];
};

// Scratch that is zero until the table has been filled.
template <typename Table>
struct KeptTable {
  uint32_t filled;
  Table table;
};

// Cut to what float arithmetic goes on with; NaN goes to the low end.
float limited(float x) {
  constexpr float kLimit = 1e30f;
  if (!(x > -kLimit)) return -kLimit;
  return x > kLimit ? kLimit : x;
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
    table->entries[q - INT8_MIN] = static_cast<int8_t>(code < -128.0f ? -128.0f : (code > 127.0f ? 127.0f : code));
  }
}

void fill(LineTable* table, const Tensor& input, const Tensor& output, RealFunction function) {
  const float lowest = lowest_of(output, INT16_MIN);
  const float inverse_scale = 65536.0f / (output.scale() * INT16_MAX - lowest);
  fill_lines(table, input.scale() * INT16_MIN, input.scale() * INT16_MAX,
             [=](float x) { return limited(function(x, lowest) * inverse_scale); });
}

// The table of the operator, filled when this is the first eval.
template <typename Table>
const Table& filled_table(const Node& node, RealFunction function) {
  auto* kept = static_cast<KeptTable<Table>*>(node.scratch());
  if (kept->filled == 0) {
    fill(&kept->table, node.input(0), node.output(0), function);
    kept->filled = 1;
  }
  return kept->table;
}

void look_up_s16(const Node& node, const LineTable& table) {
  for_each_run<int16_t, int16_t>(node, [&](const int16_t* in, int16_t* out, int32_t n) {
    for (int32_t i = 0; i < n; ++i) out[i] = table.at(in[i]);
  });
}

}  // namespace

uint32_t table_scratch(const Tensor& input) {
  if (is_int16(input)) return sizeof(KeptTable<LineTable>);
  return input.type == Type::kInt8 ? sizeof(KeptTable<TableS8>) : 0;
}

void look_up(const Node& node, RealFunction function) {
  if (is_int16(node.input(0))) {
    look_up_s16(node, filled_table<LineTable>(node, function));
    return;
  }
  const int8_t* centre = filled_table<TableS8>(node, function).entries - INT8_MIN;
  for_each_run<int8_t, int8_t>(node, [=](const int8_t* in, int8_t* out, int32_t n) {
    for (int32_t i = 0; i < n; ++i) out[i] = centre[in[i]];
  });
}

}  // namespace arenite
