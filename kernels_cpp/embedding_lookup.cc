// EMBEDDING_LOOKUP: the rows of operand 1 that operand 0 lists.
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/movement.h"

namespace arenite {
namespace {

Status prepare(const Node& node, uint32_t*) {
  const Tensor ids = node.input(0);
  const Tensor table = node.input(1);
  const Tensor output = node.output(0);
  ARENITE_CHECK(ids.rank == 1 && table.rank >= 2 && output.rank == table.rank, kBadShape);
  ARENITE_CHECK(output.dim(0) == ids.dim(0) && same_but_axis(table, output, 0, false), kBadShape);
  ARENITE_CHECK(keeps_grid(table, output), kBadQuantization);
  return Status::kOk;
}

Status eval(const Node& node) {
  ARENITE_CHECK(node.window() == nullptr, kUnsupportedOp);
  const Tensor ids = node.input(0);
  const Tensor table = node.input(1);
  const int32_t bytes = pitch(table, 0);
  uint8_t* out = node.output(0).as<uint8_t>();
  for (int32_t i = 0; i < ids.count(); ++i, out += bytes) {
    const int32_t id = ids.as<int32_t>()[i];
    ARENITE_CHECK(id >= 0 && id < table.dim(0), kBadValue);
    copy_chunks(table.as<uint8_t>() + static_cast<ptrdiff_t>(id) * bytes, 0, out, 0, bytes, 1);
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(embedding_lookup);
