// Model::open: takes what is right, and says what is wrong and where.
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <random>

#include "interpreter/model.h"
#include "tests/cpp/check.h"
#include "tests/cpp/model_builder.h"

namespace {

using arenite::Error;
using arenite::Model;
using arenite::Status;
namespace f = arenite::format;

// relu: int8 [1, 4] -> [1, 4], and a constant int32 [2] that nothing reads.
test::ModelSpec small() {
  test::ModelSpec spec;
  spec.tensors = {{{1, 4}, f::TensorType::INT8, {}, {0.5f}, {-3}},
                  {{1, 4}, f::TensorType::INT8, {}, {0.5f}, {-3}},
                  {{2}, f::TensorType::INT32, {1, 0, 0, 0, 2, 0, 0, 0}}};
  spec.operators = {{19, {0}, {1}}};
  spec.inputs = {0};
  spec.outputs = {1};
  return spec;
}

Error open(const std::vector<uint8_t>& bytes) {
  test::Aligned file(bytes);
  Model model;
  Error error;
  const Status status = Model::open(file.data(), file.size(), &model, &error);
  CHECK(status == error.status);
  return error;
}

// A file that differs from small() in one thing is refused with this status at this place.
void refused(const std::function<void(test::ModelSpec&)>& change, Status expected, int node = -1, int detail = -1) {
  test::ModelSpec spec = small();
  change(spec);
  const Error error = open(spec.build());
  check::status(error.status, expected, "open", __FILE__, __LINE__);
  if (node >= 0) CHECK_EQ(error.node, node);
  if (detail >= 0) CHECK_EQ(error.detail, detail);
}

void test_opens() {
  test::Aligned file(small().build());
  Model model;
  CHECK_STATUS(Model::open(file.data(), file.size(), &model), kOk);
  CHECK_EQ(model.tensor_count(), 3);
  CHECK_EQ(model.operator_count(), 1);
  CHECK_EQ(model.operator_code(0), 19);
  const arenite::Tensor input = model.tensor(0);
  CHECK_EQ(input.rank, 2);
  CHECK_EQ(input.dim(1), 4);
  CHECK_EQ(input.zero_point, -3);
  CHECK(input.scale() == 0.5f && !input.constant && input.data == nullptr);
  const arenite::Tensor constant = model.tensor(2);
  CHECK(constant.constant && constant.scale_count == 0);
  CHECK_EQ(constant.as<int32_t>()[1], 2);
  CHECK_EQ(model.tensor_bytes(2), 8);
  CHECK_EQ(model.metadata("nothing").size(), 0);
}

void test_container() {
  const std::vector<uint8_t> good = small().build();
  for (size_t size = 0; size < 12; ++size) CHECK(open({good.begin(), good.begin() + size}).status != Status::kOk);
  std::vector<uint8_t> other = good;
  other[7] = '4';
  CHECK_STATUS(open(other).status, kBadIdentifier);
  test::Aligned file(good);
  Model model;
  CHECK_STATUS(Model::open(file.data() + 1, file.size() - 1, &model), kMisaligned);
  refused([](auto& s) { s.version = 4; }, Status::kBadVersion);
}

// Every shortening that cuts off something that is read is refused; none reads beyond the end.
void test_truncation() {
  const std::vector<uint8_t> good = small().build();
  int refusals = 0;
  for (size_t size = 0; size < good.size(); ++size) {
    refusals += open({good.begin(), good.begin() + static_cast<ptrdiff_t>(size)}).status != Status::kOk ? 1 : 0;
  }
  CHECK(refusals > static_cast<int>(good.size()) - 32);  // the rest is padding
}

void test_indices() {
  refused([](auto& s) { s.inputs = {3}; }, Status::kBadIndex);
  refused([](auto& s) { s.inputs = {-1}; }, Status::kBadIndex);
  refused([](auto& s) { s.outputs = {7}; }, Status::kBadIndex);
  refused([](auto& s) { s.operators[0].inputs = {3}; }, Status::kBadIndex, 0);
  refused([](auto& s) { s.operators[0].inputs = {-2}; }, Status::kBadIndex, 0);
  refused([](auto& s) { s.operators[0].outputs = {-1}; }, Status::kBadIndex, 0);
  refused([](auto& s) { s.operators[0].inputs.assign(1025, 0); }, Status::kLimitExceeded, 0);
  refused([](auto& s) { s.operators.assign(65535, s.operators[0]); }, Status::kLimitExceeded);
  refused([](auto& s) { s.tensors[1].more = {{f::Tensor::buffer, test::scalar(99)}}; }, Status::kBadIndex, -1, 1);
  refused([](auto& s) { s.tensors[1].more = {{f::Tensor::buffer, test::scalar(-1)}}; }, Status::kBadIndex, -1, 1);
}

void test_shapes() {
  refused([](auto& s) { s.tensors[0].dims = {1, -4}; }, Status::kBadShape, -1, 0);
  refused([](auto& s) { s.tensors[0].dims = {1, 1, 1, 1, 1, 1, 4}; }, Status::kBadShape, -1, 0);
  refused([](auto& s) { s.tensors[1].dims = {1 << 16, 1 << 15}; }, Status::kBadShape, -1, 1);
  refused([](auto& s) { s.tensors[1].dims = {1 << 30, 1 << 30, 1 << 30, 1 << 30}; }, Status::kBadShape, -1, 1);
  refused([](auto& s) { s.tensors[1].dims = {0, 1 << 20, 1 << 20}; }, Status::kBadShape, -1, 1);  // strides count too
  refused([](auto& s) { s.tensors[1].dims = {1 << 16, (1 << 15) - 1}; }, Status::kOk);
  refused([](auto& s) { s.tensors[1] = {{-1}, f::TensorType::RESOURCE}; }, Status::kBadShape, -1, 1);
  refused([](auto& s) { s.tensors[1].dims = {}; }, Status::kOk);
  refused([](auto& s) { s.tensors[1].dims = {0, 4}; }, Status::kOk);
}

// A constant of int64 that lies at 8·n in the file, in a file that lies at 8·n and at 8·n + 4: whether words are enough
// is for the operators to say.
void test_alignment_of_constants() {
  test::ModelSpec spec = small();
  spec.tensors[2] = {{1}, f::TensorType::INT64, {1, 0, 0, 0, 0, 0, 0, 0}};
  const std::vector<uint8_t> bytes = spec.build();
  int opened = 0;
  for (const size_t shift : {0, 4}) {
    test::Aligned file(bytes.size() + shift);
    std::memcpy(file.data() + shift, bytes.data(), bytes.size());
    Model model;
    if (Model::open(file.data() + shift, bytes.size(), &model) == Status::kOk) ++opened;
  }
  CHECK_EQ(opened, 2);
}

void test_constants() {
  refused([](auto& s) { s.tensors[2].data.pop_back(); }, Status::kBadBuffer, -1, 2);
  refused([](auto& s) { s.tensors[2].data.push_back(0); }, Status::kBadBuffer, -1, 2);
  refused([](auto& s) { s.tensors[2].variable = true; }, Status::kBadBuffer, -1, 2);
  refused([](auto& s) { s.tensors[2].more = {{f::Tensor::sparsity, test::table({})}}; }, Status::kBadBuffer, -1, 2);
  refused([](auto& s) { s.tensors[0].more = {{f::Tensor::external_buffer, test::scalar(1)}}; }, Status::kBadBuffer);
  for (int type : {f::TensorType::FLOAT16, f::TensorType::STRING, f::TensorType::INT4, 77, -1}) {
    refused([type](auto& s) { s.tensors[1].type = type; }, Status::kBadType, -1, 1);
  }
}

void test_quantization() {
  const float infinity = std::numeric_limits<float>::infinity();
  for (float scale : {0.0f, -0.0f, -1.0f, infinity, -infinity, std::nanf("")}) {
    refused([scale](auto& s) { s.tensors[0].scales = {scale}; }, Status::kBadQuantization, -1, 0);
  }
  refused([](auto& s) { s.tensors[0].scales = {std::numeric_limits<float>::denorm_min()}; }, Status::kOk);
  for (int64_t zero_point : {int64_t{128}, int64_t{-129}, int64_t{1} << 32, -(int64_t{1} << 32)}) {
    refused([zero_point](auto& s) { s.tensors[0].zero_points = {zero_point}; }, Status::kBadQuantization, -1, 0);
  }
  for (int64_t zero_point : {-128, 127})
    refused([zero_point](auto& s) { s.tensors[0].zero_points = {zero_point}; }, Status::kOk);
  refused([](auto& s) { s.tensors[0].zero_points = {}; }, Status::kBadQuantization, -1, 0);
  const auto per_channel = [](int32_t axis, std::vector<int64_t> zero_points, size_t scales) {
    return [=](test::ModelSpec& s) {
      s.tensors[0].axis = axis;
      s.tensors[0].zero_points = zero_points;
      s.tensors[0].scales.assign(scales, 0.25f);
    };
  };
  const auto scales = [&](std::vector<float> values) {
    return [=](test::ModelSpec& s) {
      per_channel(1, {0, 0, 0, 0}, 4)(s);
      s.tensors[0].scales = values;
    };
  };
  const float largest = std::numeric_limits<float>::max(), smallest = std::numeric_limits<float>::denorm_min();
  refused(scales({1, 2, largest, smallest}), Status::kOk);
  refused(scales({largest, largest, largest, largest}), Status::kOk);
  for (const float bad : {0.0f, -0.0f, -1.0f, infinity, -infinity, std::nanf("")}) {
    refused(scales({1, 2, largest, bad}), Status::kBadQuantization, -1, 0);
    refused(scales({bad, 0.25f, 0.25f, 0.25f}), Status::kBadQuantization, -1, 0);
  }
  refused(per_channel(1, {0, 0, 0, 0}, 4), Status::kOk);
  for (const int64_t bad : {int64_t{1}, int64_t{-1}, int64_t{1} << 32, int64_t{1} << 63}) {
    refused(per_channel(1, {0, 0, 0, bad}, 4), Status::kBadQuantization, -1, 0);
  }
  refused(per_channel(1, {0}, 4), Status::kOk);
  refused(per_channel(1, {0, 0, 1, 0}, 4), Status::kBadQuantization, -1, 0);
  refused(per_channel(1, {0, 0}, 4), Status::kBadQuantization, -1, 0);
  refused(per_channel(1, {0, 0, 0}, 3), Status::kBadQuantization, -1, 0);
  refused(per_channel(2, {0}, 4), Status::kBadQuantization, -1, 0);
  refused(per_channel(-1, {0}, 4), Status::kBadQuantization, -1, 0);
}

// Each 32-bit word of the file replaced by hostile values: refused or opened, never a read outside (sanitizers see it),
// and what opens can be looked at.
void test_hostile_words() {
  const std::vector<uint8_t> good = small().build();
  int opened = 0;
  for (size_t at = 0; at + 4 <= good.size(); at += 4) {
    for (uint32_t word : {0u, 1u, 4u, 0x7FFFFFFFu, 0x80000000u, 0xFFFFFFFFu, 0xFFFFFFFCu, 0x00010001u}) {
      std::vector<uint8_t> bad = good;
      std::memcpy(&bad[at], &word, 4);
      test::Aligned file(bad);
      Model model;
      if (Model::open(file.data(), file.size(), &model) != Status::kOk) continue;
      ++opened;
      for (uint32_t i = 0; i < model.tensor_count(); ++i) CHECK(model.tensor(i).count() >= 0);
    }
  }
  CHECK(opened > 0);
}

}  // namespace

int main() {
  test_opens();
  test_container();
  test_truncation();
  test_indices();
  test_shapes();
  test_alignment_of_constants();
  test_constants();
  test_quantization();
  test_hostile_words();
  return check::failures();
}
