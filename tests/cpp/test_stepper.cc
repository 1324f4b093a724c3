// An invoke in steps: where it stands, how it ends, and that limits of an invoke are those of all its steps together.
#include <vector>

#include "interpreter/stepper.h"
#include "tests/cpp/check.h"
#include "tests/cpp/model_builder.h"

namespace {

using arenite::Error;
using arenite::Interpreter;
using arenite::Kernel;
using arenite::Model;
using arenite::Node;
using arenite::Region;
using arenite::Status;
using arenite::Stepper;

int runs;  // of operators
bool failing;

Status prepare(const Node&, uint32_t*) { return Status::kOk; }

// Goes round once, as a loop would.
Status eval(const Node& node) {
  ++runs;
  return node.count_iteration();
}

Status eval_fail(const Node&) {
  ++runs;
  return failing ? Status::kBadValue : Status::kOk;
}

constexpr int kRound = 7, kFail = 8;
const Kernel round_once = {prepare, eval, "b>b@1", kRound, 1};
const Kernel fail = {prepare, eval_fail, "b>b@1", kFail, 1};
const Kernel* const kKernels[] = {&round_once, &fail};

// Four operators in a row.
class Chain {
 public:
  explicit Chain(const std::vector<int>& codes) : file_(built(codes)), arena_(2048) {
    CHECK_STATUS(Model::open(file_.data(), file_.size(), &model_), kOk);
  }
  Interpreter interpreter() { return Interpreter(model_, kKernels, arena_.data(), 1024); }
  uint8_t* region() { return arena_.data() + 1024; }

 private:
  static std::vector<uint8_t> built(const std::vector<int>& codes) {
    test::ModelSpec spec;
    spec.tensors.assign(codes.size() + 1, {{1, 4}});
    for (int i = 0; i < static_cast<int>(codes.size()); ++i)
      spec.operators.push_back({codes[static_cast<size_t>(i)], {i}, {i + 1}});
    spec.inputs = {0};
    spec.outputs = {static_cast<int32_t>(codes.size())};
    return spec.build();
  }
  test::Aligned file_, arena_;
  Model model_;
};

void test_budgets() {
  Chain chain({kRound, kRound, kRound, kRound});
  Interpreter interpreter = chain.interpreter();
  CHECK_STATUS(interpreter.allocate(), kOk);
  Stepper stepper(interpreter);
  for (const uint32_t budget : {1u, 3u, 4u, 0xFFFFFFFFu}) {
    runs = 0;
    for (uint32_t next = budget; next < 4; next += budget) {
      CHECK_STATUS(stepper.invoke_step(budget), kOk);
      CHECK_EQ(stepper.next(), next);
      CHECK_EQ(runs, next);
      CHECK(!stepper.done());
    }
    CHECK_STATUS(stepper.invoke_step(budget), kOk);
    CHECK(stepper.done());
    CHECK_EQ(runs, 4);
  }
}

void test_not_ready() {
  Chain chain({kRound});
  Interpreter interpreter = chain.interpreter();
  Stepper stepper(interpreter);
  runs = 0;
  CHECK_STATUS(stepper.invoke_step(), kNotReady);
  CHECK(stepper.done());
  CHECK_EQ(runs, 0);
}

// A failure ends the invoke: the next step is the first of another one.
void test_failures_end_it() {
  Chain chain({kRound, kFail, kRound});
  Interpreter interpreter = chain.interpreter();
  CHECK_STATUS(interpreter.allocate(), kOk);
  Stepper stepper(interpreter);
  failing = true;
  CHECK_STATUS(stepper.invoke_step(), kOk);
  Error error;
  CHECK_STATUS(stepper.invoke_step(1, &error), kBadValue);
  CHECK_EQ(error.node, 1);
  CHECK(stepper.done());
  failing = false;
  runs = 0;
  CHECK_STATUS(stepper.invoke_step(2), kOk);
  CHECK_STATUS(stepper.invoke_step(1, &error), kOk);
  CHECK(stepper.done() && runs == 3);
}

// Rounds of loops are counted over the whole invoke, and each invoke has its own.
void test_rounds_are_those_of_the_invoke() {
  Chain chain({kRound, kRound, kRound});
  Interpreter interpreter = chain.interpreter();
  CHECK_STATUS(interpreter.allocate(), kOk);
  interpreter.set_iteration_limit(2);
  Stepper stepper(interpreter);
  Error error;
  for (int invokes = 0; invokes < 2; ++invokes) {
    CHECK_STATUS(stepper.invoke_step(), kOk);
    CHECK_STATUS(stepper.invoke_step(), kOk);
    CHECK_STATUS(stepper.invoke_step(1, &error), kTooManyIterations);
    CHECK_EQ(error.node, 2);
  }
  CHECK_STATUS(interpreter.invoke(&error), kTooManyIterations);
  interpreter.set_iteration_limit(3);
  CHECK_STATUS(interpreter.invoke(), kOk);
}

void test_the_limit_outlives_allocating() {
  Chain chain({kRound, kRound, kRound});
  Interpreter interpreter = chain.interpreter();
  interpreter.set_iteration_limit(2);
  Region region{chain.region(), 1024};
  CHECK_STATUS(interpreter.allocate_in(&region, 1), kOk);
  CHECK_STATUS(interpreter.invoke(), kTooManyIterations);
  CHECK_STATUS(interpreter.allocate(), kOk);
  CHECK_STATUS(interpreter.invoke(), kTooManyIterations);
}

}  // namespace

int main() {
  test_budgets();
  test_not_ready();
  test_failures_end_it();
  test_rounds_are_those_of_the_invoke();
  test_the_limit_outlives_allocating();
  return check::failures();
}
