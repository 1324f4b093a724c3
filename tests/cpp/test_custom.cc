// Custom operators: found by name, options read from hostile bytes, scratch that a kernel keeps.
#include <cstring>
#include <string>
#include <vector>

#include "interpreter/interpreter.h"
#include "kernels_cpp/option_map.h"
#include "tests/cpp/check.h"
#include "tests/cpp/model_builder.h"

namespace {

using arenite::Bytes;
using arenite::Error;
using arenite::Interpreter;
using arenite::Kernel;
using arenite::Model;
using arenite::Node;
using arenite::OptionMap;
using arenite::Status;

// {"T": 7, "ratio": 1.5, "wide": -5} as FlexBuffers, every value of 4 bytes.
std::vector<uint8_t> options() {
  std::vector<uint8_t> out = {'T', 0, 'r', 'a', 't', 'i', 'o', 0, 'w', 'i', 'd', 'e', 0, 0, 0, 0};
  const auto word = [&out](uint32_t value) {
    for (int i = 0; i < 4; ++i) out.push_back(static_cast<uint8_t>(value >> (8 * i)));
  };
  word(3);
  for (const uint32_t key : {0, 2, 8}) word(static_cast<uint32_t>(out.size()) - key);
  word(static_cast<uint32_t>(out.size()) - 20);  // the first reference to a key
  for (const uint32_t value : {4u, 3u}) word(value);
  for (const uint32_t value : {7u, 0x3FC00000u, 0xFFFFFFFBu}) word(value);
  for (const int type : {1, 3, 1, 0}) out.push_back(static_cast<uint8_t>(type << 2 | 2));
  word(static_cast<uint32_t>(out.size()) - 44);  // the first value
  out.push_back(9 << 2 | 2);
  out.push_back(4);
  return out;
}

OptionMap map_of(const std::vector<uint8_t>& bytes) {
  return OptionMap(Bytes{bytes.data(), static_cast<uint32_t>(bytes.size())});
}

void test_options() {
  const std::vector<uint8_t> bytes = options();
  const OptionMap map = map_of(bytes);
  CHECK_EQ(map.i32("T", -1), 7);
  CHECK_EQ(map.i32("wide", -1), -5);
  CHECK_EQ(map.i32("ratio", -1), 1);
  CHECK(map.f32("ratio", 0) == 1.5f && map.f32("T", 0) == 7.0f);
  CHECK_EQ(map.i32("rati", -1), -1);
  CHECK_EQ(map.i32("ratios", -1), -1);
  CHECK_EQ(map.i32("", -1), -1);
  CHECK_EQ(OptionMap(Bytes{nullptr, 0}).i32("T", -1), -1);
}

// Cut off anywhere, and with every byte replaced: nothing outside is read (the sanitizers watch a block of that size).
void test_damaged_options() {
  const std::vector<uint8_t> good = options();
  for (size_t size = 0; size < good.size(); ++size) {
    const std::vector<uint8_t> cut(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
    CHECK_EQ(map_of(cut).i32("wide", -1), -1);
  }
  for (size_t at = 0; at < good.size(); ++at) {
    for (const int value : {0, 1, 2, 8, 0x25, 0x27, 0x7F, 0x80, 0xFF}) {
      std::vector<uint8_t> bad = good;
      bad[at] = static_cast<uint8_t>(value);
      for (const char* key : {"T", "ratio", "wide", "no"}) {
        (void)map_of(bad).i32(key, -1);
        (void)map_of(bad).f32(key, -1);
      }
    }
  }
}

// y = x + T, and in the scratch the number of calls, which y[0] is.
Status prepare(const Node& node, uint32_t* scratch_bytes) {
  CHECK(node.input(0).data == nullptr && node.scratch() == nullptr);
  *scratch_bytes = 1;
  return Status::kOk;
}

Status eval(const Node& node) {
  const int32_t count = node.output(0).count();
  for (int32_t i = 0; i < count; ++i) {
    node.output(0).as<int8_t>()[i] = static_cast<int8_t>(node.input(0).as<int8_t>()[i] + OptionMap(node).i32("T", 0));
  }
  node.output(0).as<int8_t>()[0] = ++*static_cast<int8_t*>(node.scratch());
  return Status::kOk;
}

constexpr Kernel kMine = arenite::custom_kernel("Mine", "b>b@1", prepare, eval, true);
constexpr Kernel kOther = arenite::custom_kernel("Min", "b>b@1", prepare, eval);
const Kernel* const kKernels[] = {&kOther, &kMine};

test::ModelSpec spec(const std::string& name) {
  const test::OperatorSpec op = {32, {0}, {1}, 0, {}, 1, name, options()};
  test::OperatorSpec next = op;
  next.inputs = {1};
  next.outputs = {2};
  return {{{{1, 4}}, {{1, 4}}, {{1, 4}}}, {op, next}, {0}, {2}};
}

void test_runs_and_keeps() {
  test::Aligned file(spec("Mine").build()), arena(4096);
  Model model;
  CHECK_STATUS(Model::open(file.data(), file.size(), &model), kOk);
  Interpreter interpreter(model, kKernels, arena.data(), arena.size());
  CHECK_STATUS(interpreter.allocate(), kOk);
  for (int8_t call = 1; call < 4; ++call) {
    std::memset(interpreter.input(0).data, 0, 4);
    CHECK_STATUS(interpreter.invoke(), kOk);
    CHECK_EQ(interpreter.output(0).as<int8_t>()[0], call);  // each operator counts for itself
    CHECK_EQ(interpreter.output(0).as<int8_t>()[3], 14);
  }
  interpreter.reset_variables();
  CHECK_STATUS(interpreter.invoke(), kOk);
  CHECK_EQ(interpreter.output(0).as<int8_t>()[0], 1);
}

void test_unknown_name() {
  for (const char* name : {"Mine2", "M", ""}) {
    test::Aligned file(spec(name).build()), arena(4096);
    Model model;
    CHECK_STATUS(Model::open(file.data(), file.size(), &model), kOk);
    Interpreter interpreter(model, kKernels, arena.data(), arena.size());
    Error error;
    CHECK_STATUS(interpreter.allocate(&error), kUnsupportedOp);
    CHECK_EQ(error.detail, 32);
    CHECK(model.custom_code(error.node).equals(name));
  }
}

}  // namespace

int main() {
  test_options();
  test_damaged_options();
  test_runs_and_keeps();
  test_unknown_name();
  return check::failures();
}
