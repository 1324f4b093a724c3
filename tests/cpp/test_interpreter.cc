// Allocation, order, arena to the byte, variables, observers, places of errors; with kernels made for the purpose.
#include <algorithm>
#include <cstring>
#include <vector>

#include "interpreter/interpreter.h"
#include "interpreter/profiler.h"
#include "tests/cpp/check.h"
#include "tests/cpp/model_builder.h"

namespace {

using arenite::Error;
using arenite::Interpreter;
using arenite::Kernel;
using arenite::Model;
using arenite::Node;
using arenite::OpResolver;
using arenite::Sharing;
using arenite::Status;
using arenite::Tensor;
namespace f = arenite::format;

constexpr int kIncrement = 7, kSum = 8, kCount = 9, kFail = 10, kTick = 12, kGreed = 13;

// increment: output = input + 1, by way of scratch as large as the tensor.
Status prepare_increment(const Node& node, uint32_t* scratch_bytes) {
  CHECK(node.input(0).data == nullptr && node.scratch() == nullptr);
  *scratch_bytes = static_cast<uint32_t>(node.input(0).count());
  return Status::kOk;
}

Status eval_increment(const Node& node) {
  const Tensor input = node.input(0), output = node.output(0);
  int8_t* scratch = static_cast<int8_t*>(node.scratch());
  for (int32_t i = 0; i < input.count(); ++i) scratch[i] = static_cast<int8_t>(input.as<int8_t>()[i] + 1);
  if (output.count() != 0) std::memcpy(output.data, scratch, static_cast<size_t>(output.count()));  // else null
  return Status::kOk;
}

Status prepare_nothing(const Node&, uint32_t*) { return Status::kOk; }

Status eval_sum(const Node& node) {
  const Tensor output = node.output(0);
  std::memset(output.data, 0, static_cast<size_t>(output.count()));
  for (int32_t k = 0; k < node.input_count(); ++k) {
    const Tensor input = node.input(k);
    for (int32_t i = 0; i < output.count(); ++i) {
      output.as<int8_t>()[i] = static_cast<int8_t>(output.as<int8_t>()[i] + input.as<int8_t>()[i]);
    }
  }
  return Status::kOk;
}

// count: state (input 1, a variable) += input 0; output = state.
Status eval_count(const Node& node) {
  const Tensor input = node.input(0), state = node.input(1), output = node.output(0);
  for (int32_t i = 0; i < output.count(); ++i) {
    state.as<int8_t>()[i] = static_cast<int8_t>(state.as<int8_t>()[i] + input.as<int8_t>()[i]);
    output.as<int8_t>()[i] = state.as<int8_t>()[i];
  }
  return Status::kOk;
}

Status eval_fail(const Node&) { return Status::kBadValue; }

// tick: output = how often it has run, which its scratch remembers.
Status prepare_tick(const Node&, uint32_t* scratch_bytes) {
  *scratch_bytes = 20;
  return Status::kOk;
}

Status eval_tick(const Node& node) {
  int8_t* runs = static_cast<int8_t*>(node.scratch());
  std::memset(node.output(0).data, ++*runs, static_cast<size_t>(node.output(0).count()));
  return Status::kOk;
}

// Wants more scratch than any arena may have.
Status prepare_greed(const Node&, uint32_t* scratch_bytes) {
  *scratch_bytes = 1u << 31;
  return Status::kOk;
}

const Kernel greed = {prepare_greed, eval_fail, "b>b@1", kGreed, 1};
const Kernel increment = {prepare_increment, eval_increment, "b>b@1", kIncrement, 2, f::BuiltinOptions::AddOptions};
const Kernel sum = {prepare_nothing, eval_sum, "ff>f@1 b*>b@1", kSum, 1};
const Kernel counter = {prepare_nothing, eval_count, "bb>b@1", kCount, 1};
const Kernel fail = {prepare_nothing, eval_fail, "b[i]>b@1", kFail, 1};
const Kernel tick = {prepare_tick, eval_tick, "b>b@1", kTick, 1, f::BuiltinOptions::NONE, true};
const Kernel* const kKernels[] = {&increment, &sum, &counter, &fail, &tick, &greed};

// x -> +1 -> a -> +1 -> b; a + b + x -> y.
test::ModelSpec diamond() {
  test::ModelSpec spec;
  spec.tensors.assign(4, {{1, 100}});
  spec.operators = {{kIncrement, {0}, {1}}, {kIncrement, {1}, {2}}, {kSum, {1, 2, 0}, {3}}};
  spec.inputs = {0};
  spec.outputs = {3};
  return spec;
}

Error allocate(const test::ModelSpec& spec, size_t arena_size = 4096, uint32_t* used = nullptr) {
  test::Aligned file(spec.build());
  test::Aligned arena(arena_size);
  Model model;
  CHECK_STATUS(Model::open(file.data(), file.size(), &model), kOk);
  Interpreter interpreter(model, kKernels, arena.data(), arena.size());
  Error error;
  CHECK(interpreter.allocate(&error) == error.status);
  CHECK(interpreter.ready() == (error.status == Status::kOk));
  if (used != nullptr) *used = interpreter.arena_used();
  return error;
}

void test_runs() {
  test::Aligned file(diamond().build());
  test::Aligned arena(4096);
  Model model;
  CHECK_STATUS(Model::open(file.data(), file.size(), &model), kOk);
  Interpreter interpreter(model, kKernels, arena.data(), arena.size());
  CHECK_STATUS(interpreter.invoke(), kNotReady);
  CHECK(interpreter.input(0).data == nullptr);
  for (int round = 0; round < 3; ++round) {
    CHECK_STATUS(interpreter.allocate(nullptr, round == 1 ? Sharing::kRetainAll : Sharing::kReuse), kOk);
    for (int i = 0; i < 100; ++i) interpreter.input(0).as<int8_t>()[i] = static_cast<int8_t>(i - 50);
    CHECK_STATUS(interpreter.invoke(), kOk);
    for (int i = 0; i < 100; ++i)
      CHECK_EQ(interpreter.output(0).as<int8_t>()[i], static_cast<int8_t>(3 * (i - 50) + 3));
    if (round == 1) CHECK_EQ(interpreter.tensor(1).as<int8_t>()[7], 7 - 50 + 1);
  }
}

// Exactly arena_used() bytes suffice, not one less; the refusal says the number.
void test_arena_is_exact() {
  uint32_t used = 0;
  CHECK_STATUS(allocate(diamond(), 4096, &used).status, kOk);
  // At the last node x, a, b and y live, at the second x, a, b and scratch; 100 bytes round up to 112.
  CHECK_EQ(used, 4 * 112 + 48);
  uint32_t smallest = 0;
  for (uint32_t size = 0; size <= used + 64; ++size) {
    const Error error = allocate(diamond(), size);
    CHECK((error.status == Status::kOk) == (size >= used));
    if (error.status != Status::kOk) CHECK(error.status == Status::kArenaTooSmall && error.detail <= used);
    if (error.status == Status::kArenaTooSmall && error.detail == used && smallest == 0) smallest = size;
  }
  CHECK(smallest < used);
  test::Aligned file(diamond().build()), arena(4096);
  Model model;
  CHECK_STATUS(Model::open(file.data(), file.size(), &model), kOk);
  Interpreter misaligned(model, kKernels, arena.data() + 8, 4000);
  CHECK_STATUS(misaligned.allocate(), kMisaligned);
}

void test_bookkeeping_is_small() {
  test::ModelSpec spec = diamond();
  for (int i = 0; i < 60; ++i) {
    spec.tensors.push_back({{4}});
    spec.tensors.push_back({{4}, f::TensorType::INT8, {1, 2, 3, 4}});
    spec.operators.push_back({kIncrement, {i == 0 ? 3 : 2 + 2 * i}, {4 + 2 * i}});
  }
  test::Aligned file(spec.build()), arena(8192);
  Model model;
  CHECK_STATUS(Model::open(file.data(), file.size(), &model), kOk);
  Interpreter interpreter(model, kKernels, arena.data(), arena.size());
  CHECK_STATUS(interpreter.allocate(), kOk);
  CHECK(interpreter.arena_use().persistent <= 64 + 8 * 63 + 4 * 64);
}

void test_description() {
  test::Aligned file(diamond().build()), arena(4096);
  Model model;
  CHECK_STATUS(Model::open(file.data(), file.size(), &model), kOk);
  Interpreter interpreter(model, kKernels, arena.data(), arena.size());
  arenite::Allocation items[7];
  CHECK_STATUS(interpreter.describe_plan(items), kNotReady);
  CHECK_STATUS(interpreter.allocate(), kOk);
  CHECK_EQ(interpreter.allocation_count(), 7);
  CHECK_STATUS(interpreter.describe_plan(items), kOk);
  CHECK(items[0].first == 0 && items[0].last == 2 && items[1].first == 0 && items[3].first == 2);
  CHECK(items[4].bytes == 100 && items[4].first == 0 && items[4].last == 0 && items[6].bytes == 0);
  CHECK(arena.data() + items[3].offset == interpreter.output(0).data);
}

void refused(void (*change)(test::ModelSpec&), Status expected, int node, int detail = -1) {
  test::ModelSpec spec = diamond();
  change(spec);
  const Error error = allocate(spec);
  check::status(error.status, expected, "allocate", __FILE__, __LINE__);
  if (expected == Status::kOk) return;
  CHECK_EQ(error.node, node);
  if (detail >= 0) CHECK_EQ(error.detail, detail);
}

void test_order() {
  constexpr int kNone = arenite::kNoNode;
  refused([](auto& s) { std::swap(s.operators[0], s.operators[1]); }, Status::kBadOrder, 0, 1);
  refused([](auto& s) { s.operators[1].outputs = {1}; }, Status::kBadOrder, 1, 1);
  refused([](auto& s) { s.operators[1].outputs = {0}; }, Status::kBadOrder, 1, 0);
  refused([](auto& s) { s.operators.pop_back(); }, Status::kBadOrder, kNone, 3);
  refused([](auto& s) { s.inputs = {0, 0}; }, Status::kBadOrder, kNone, 0);
  refused([](auto& s) { s.tensors[1].data.assign(100, 0); }, Status::kBadIndex, 0, 1);
  refused([](auto& s) { s.tensors[0].data.assign(100, 0); }, Status::kBadIndex, kNone, 0);
  refused([](auto& s) { s.outputs = {3, 0, 3}; }, Status::kOk, 0);
  refused([](auto& s) { s.tensors.resize(65535, s.tensors[0]); }, Status::kLimitExceeded, kNone);
}

void test_rows_of_the_table() {
  refused([](auto& s) { s.operators[2].code = 11; }, Status::kUnsupportedOp, 2, 11);
  refused([](auto& s) { s.operators[1].version = 3; }, Status::kBadVersion, 1);
  refused([](auto& s) { s.operators[1].version = 0; }, Status::kBadVersion, 1);
  refused([](auto& s) { s.operators[1].version = 2; }, Status::kOk, 0);
  refused([](auto& s) { s.operators[1].options_type = f::BuiltinOptions::AddOptions; }, Status::kOk, 0);
  refused([](auto& s) { s.operators[1].options_type = f::BuiltinOptions::MulOptions; }, Status::kBadOption, 1);
  refused([](auto& s) { s.operators[1].inputs = {}; }, Status::kBadArity, 1);
  refused([](auto& s) { s.operators[1].inputs = {1, 1}; }, Status::kBadArity, 1);
  refused([](auto& s) { s.operators[1].inputs = {-1}; }, Status::kBadArity, 1);
  refused([](auto& s) { s.operators[2].outputs = {}; }, Status::kBadArity, 2);
  refused([](auto& s) { s.operators[2].inputs = {1, -1, 2}; }, Status::kBadArity, 2);
  refused([](auto& s) { s.operators[2].inputs = {1}; }, Status::kOk, 0);
  refused([](auto& s) { s.tensors[2].type = f::TensorType::UINT8; }, Status::kBadType, 1);
  refused([](auto& s) { s.tensors[0].type = f::TensorType::FLOAT32; }, Status::kBadType, 0);
  refused([](auto& s) { s.operators[0] = {kFail, {0, -1}, {1}}; }, Status::kOk, 0);
  refused([](auto& s) { s.operators[0] = {kFail, {0, 0}, {1}}; }, Status::kBadType, 0);
  refused([](auto& s) { s.operators[0].code = kGreed; }, Status::kLimitExceeded, 0);
}

void test_variables_and_failures() {
  test::ModelSpec spec;
  spec.tensors.assign(4, {{3}});
  spec.tensors[1].variable = true;
  spec.tensors[1].scales = {0.5f};
  spec.tensors[1].zero_points = {5};  // int8 state starts from its zero point
  spec.operators = {{kCount, {0, 1}, {2}}, {kIncrement, {2}, {3}}};
  spec.inputs = {0};
  spec.outputs = {3};
  test::Aligned file(spec.build()), arena(1024);
  std::fill(arena.data(), arena.data() + 1024, uint8_t{0xAA});
  Model model;
  CHECK_STATUS(Model::open(file.data(), file.size(), &model), kOk);
  Interpreter interpreter(model, kKernels, arena.data(), arena.size());
  CHECK_STATUS(interpreter.allocate(), kOk);
  for (int i = 1; i <= 4; ++i) {
    if (i == 4) interpreter.reset_variables();
    std::memset(interpreter.input(0).data, 2, 3);
    CHECK_STATUS(interpreter.invoke(), kOk);
    CHECK_EQ(interpreter.output(0).as<int8_t>()[2], 5 + (i == 4 ? 3 : 2 * i + 1));
  }
  spec.operators[1].code = kFail;
  test::Aligned failing_file(spec.build());
  CHECK_STATUS(Model::open(failing_file.data(), failing_file.size(), &model), kOk);
  CHECK_STATUS(interpreter.allocate(), kOk);
  Error error;
  CHECK_STATUS(interpreter.invoke(&error), kBadValue);
  CHECK_EQ(error.node, 1);
}

// Scratch that a kernel keeps begins with zeros, and no tensor or other scratch touches it.
void test_kept_scratch() {
  test::ModelSpec spec = diamond();
  spec.operators[0].code = spec.operators[1].code = kTick;
  test::Aligned file(spec.build()), arena(4096);
  std::fill(arena.data(), arena.data() + 4096, uint8_t{0xAA});
  Model model;
  CHECK_STATUS(Model::open(file.data(), file.size(), &model), kOk);
  Interpreter interpreter(model, kKernels, arena.data(), arena.size());
  for (int i = 0; i < 6; ++i) {
    if (i % 3 == 0) CHECK_STATUS(interpreter.allocate(), kOk);
    std::memset(interpreter.input(0).data, 0, 100);
    CHECK_STATUS(interpreter.invoke(), kOk);
    CHECK_EQ(interpreter.output(0).as<int8_t>()[99], 2 * (i % 3 + 1));
  }
  CHECK_EQ(interpreter.arena_used(), 4 * 112 + 2 * 32 + 48);
}

void test_offline_plan() {
  test::ModelSpec spec = diamond();
  const auto with_plan = [&spec](std::vector<int32_t> words) {
    spec.metadata = {{"OfflineMemoryAllocation", words}};
    return allocate(spec, 8192);
  };
  CHECK_STATUS(with_plan({1, 0, 4, 0, 112, 1024, -1}).status, kOk);
  CHECK_STATUS(with_plan({0, 0, 4, -1, -1, -1, -1}).status, kOk);
  uint32_t used = 0;
  spec.metadata = {{"OfflineMemoryAllocation", {1, 0, 4, 0, 112, 1024, -1}}};
  CHECK_STATUS(allocate(spec, 8192, &used).status, kOk);
  CHECK_EQ(used, 1024 + 112 + 48);
  const Error small = allocate(spec, used - 1);
  CHECK(small.status == Status::kArenaTooSmall && small.detail == used);
  const Error overlap = with_plan({1, 0, 4, 0, 16, -1, -1});
  CHECK(overlap.status == Status::kBadPlan && overlap.detail == 1);
  CHECK_STATUS(with_plan({1, 0, 4, 4, -1, -1, -1}).status, kBadPlan);
  CHECK_STATUS(with_plan({1, 0, 4, -2, -1, -1, -1}).status, kBadPlan);
  CHECK_STATUS(with_plan({1, 0, 4, 0x7FFFFFF0, -1, -1, -1}).status, kBadPlan);
  CHECK_STATUS(with_plan({1, 0, 3, -1, -1, -1}).status, kBadPlan);
  CHECK_STATUS(with_plan({1, 0, 4, -1, -1, -1}).status, kBadPlan);
  CHECK_STATUS(with_plan({1, 0, 4, -1, -1, -1, -1, -1}).status, kBadPlan);
  CHECK_STATUS(with_plan({2, 0, 4, -1, -1, -1, -1}).status, kBadPlan);
  CHECK_STATUS(with_plan({1, 1, 4, -1, -1, -1, -1}).status, kBadPlan);
  CHECK_STATUS(with_plan({1}).status, kBadPlan);
}

// A plan is for tensors that share room; where none does it is not followed.
void test_offline_plan_and_retained_tensors() {
  test::ModelSpec spec = diamond();
  spec.operators[2].inputs = {2};  // x -> a -> b -> y, b in the place of x
  spec.metadata = {{"OfflineMemoryAllocation", {1, 0, 4, 0, 112, 0, 112}}};
  test::Aligned file(spec.build()), arena(4096);
  Model model;
  CHECK_STATUS(Model::open(file.data(), file.size(), &model), kOk);
  Interpreter interpreter(model, kKernels, arena.data(), arena.size());
  CHECK_STATUS(interpreter.allocate(), kOk);
  CHECK(interpreter.tensor(0).data == interpreter.tensor(2).data);
  CHECK_STATUS(interpreter.allocate(nullptr, Sharing::kRetainAll), kOk);
  CHECK(interpreter.tensor(0).data != interpreter.tensor(2).data);
}

// A tensor without elements has an address, so that kernels may count and copy from there.
void test_empty_tensors_have_a_place() {
  test::ModelSpec spec = diamond();
  for (test::TensorSpec& tensor : spec.tensors) tensor.dims = {0, 100};
  test::Aligned file(spec.build()), arena(1024);
  Model model;
  CHECK_STATUS(Model::open(file.data(), file.size(), &model), kOk);
  Interpreter interpreter(model, kKernels, arena.data(), arena.size());
  CHECK_STATUS(interpreter.allocate(), kOk);
  for (uint32_t i = 0; i < 4; ++i) CHECK(interpreter.tensor(i).data != nullptr);
  CHECK_STATUS(interpreter.invoke(), kOk);
}

void test_observer() {
  test::Aligned file(diamond().build()), arena(4096);
  Model model;
  CHECK_STATUS(Model::open(file.data(), file.size(), &model), kOk);
  Interpreter interpreter(model, kKernels, arena.data(), arena.size());
  CHECK_STATUS(interpreter.allocate(), kOk);
  uint32_t ticks[3] = {}, now = 0;
  arenite::NodeTimer timer([&now] { return now += 5; }, ticks);
  CHECK_STATUS(interpreter.invoke(timer), kOk);
  CHECK_STATUS(interpreter.invoke(timer), kOk);
  for (uint32_t t : ticks) CHECK_EQ(t, 10);
}

void test_resolver() {
  const OpResolver resolver(kKernels);
  const arenite::flat::Vector unnamed;
  CHECK_EQ(resolver.find(kSum, unnamed), 1);
  CHECK_EQ(resolver.find(200, unnamed), OpResolver::kNone);
  const OpResolver none(nullptr, 0);
  CHECK_EQ(none.find(kSum, unnamed), OpResolver::kNone);
}

}  // namespace

int main() {
  test_runs();
  test_arena_is_exact();
  test_bookkeeping_is_small();
  test_description();
  test_order();
  test_rows_of_the_table();
  test_variables_and_failures();
  test_kept_scratch();
  test_offline_plan();
  test_offline_plan_and_retained_tensors();
  test_empty_tensors_have_a_place();
  test_observer();
  test_resolver();
  return check::failures();
}
