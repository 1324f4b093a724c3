// EMBEDDING_LOOKUP: the rows of operand 1 that operand 0 lists. From int8 to float32: multiplied by the table's scale
// or by the row's.
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/movement.h"

namespace arenite {
namespace {

bool dequantizes(const Tensor& table, const Tensor& output) {
  return ARENITE_HYBRID != 0 && table.type == Type::kInt8 && output.type == Type::kFloat32;
}

Status prepare(const Node& node, uint32_t*) {
  const Tensor ids = node.input(0);
  const Tensor table = node.input(1);
  const Tensor output = node.output(0);
  ARENITE_CHECK(ids.rank == 1 && table.rank >= 2 && output.rank == table.rank, kBadShape);
  ARENITE_CHECK(output.dim(0) == ids.dim(0) && same_but_axis(table, output, 0, false), kBadShape);
  if (!dequantizes(table, output)) {
    ARENITE_CHECK(keeps_grid(table, output), kBadQuantization);
    return Status::kOk;
  }
  const bool by_row = table.scale_count == table.dim(0) && table.quantized_dimension == 0;
  ARENITE_CHECK((table.scale_count == 1 || by_row) && table.zero_point == 0, kBadQuantization);
  return Status::kOk;
}

void dequantize_row(const Tensor& table, int32_t id, int32_t count, float* out) {
  const int8_t* codes = table.as<int8_t>() + static_cast<ptrdiff_t>(id) * count;
  const float scale = table.scales[table.scale_count == 1 ? 0 : id];
  for (int32_t i = 0; i < count; ++i) out[i] = static_cast<float>(codes[i]) * scale;
}

Status eval(const Node& node) {
  ARENITE_CHECK(node.window() == nullptr, kUnsupportedOp);
  const Tensor ids = node.input(0);
  const Tensor table = node.input(1);
  const bool to_float = dequantizes(table, node.output(0));
  const int32_t bytes = pitch(node.output(0), 0);
  uint8_t* out = node.output(0).as<uint8_t>();
  for (int32_t i = 0; i < ids.count(); ++i, out += bytes) {
    const int32_t id = ids.as<int32_t>()[i];
    ARENITE_CHECK(id >= 0 && id < table.dim(0), kBadValue);
    if (to_float) {
      dequantize_row(table, id, pitch(table, 0), reinterpret_cast<float*>(out));
      continue;
    }
    copy_chunks(table.as<uint8_t>() + static_cast<ptrdiff_t>(id) * bytes, 0, out, 0, bytes, 1);
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(embedding_lookup);
