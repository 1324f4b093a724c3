#include "kernels_cpp/calls.h"

#include <cstring>

#include "kernels_cpp/shape.h"

namespace arenite {
namespace {

Status check_pair(const Tensor& outer, const Tensor& inner) {
  ARENITE_CHECK(outer.present, kBadArity);
  ARENITE_CHECK(outer.type == inner.type, kBadType);
  ARENITE_CHECK(same_shape(outer, inner), kBadShape);
  return Status::kOk;
}

}  // namespace

Status plan_call(const Node& node, Callee* callee, int32_t first) {
  ARENITE_TRY(callee->plan());
  const int32_t count = callee->input_count();
  ARENITE_CHECK(node.input_count() - first == count, kBadArity);
  for (int32_t i = 0; i < count; ++i) ARENITE_TRY(check_pair(node.input(first + i), callee->input(i)));
  return Status::kOk;
}

Status check_results(const Node& node, const Callee& callee) {
  const int32_t count = callee.output_count();
  ARENITE_CHECK(node.output_count() == count, kBadArity);
  for (int32_t i = 0; i < count; ++i) ARENITE_TRY(check_pair(node.output(i), callee.output(i)));
  return Status::kOk;
}

Status check_variables(const Node& node) {
  const int32_t count = node.input_count();
  ARENITE_CHECK(node.output_count() == count, kBadArity);
  for (int32_t i = 0; i < count; ++i) ARENITE_TRY(check_pair(node.input(i), node.output(i)));
  return Status::kOk;
}

void copy_elements(const Tensor& from, const Tensor& to) {
  const size_t bytes = static_cast<size_t>(to.count()) * type_size(to.type);
  if (bytes != 0) std::memcpy(to.data, from.data, bytes);
}

void copy_results(const Callee& callee, const Node& node) {
  for (int32_t i = 0; i < callee.output_count(); ++i) copy_elements(callee.output(i), node.output(i));
}

}  // namespace arenite
