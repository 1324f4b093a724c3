// Runs parts of operators, so that a chain of layers needs a few rows of each tensor instead of all of them.
#pragma once

#include "interpreter/interpreter.h"

namespace arenite {

// Works on an interpreter that is ready(); the caller owns the line buffers and chooses the order of the rows.
class RowRunner {
 public:
  explicit RowRunner(const Interpreter& interpreter) : interpreter_(interpreter) {}

  // Computes the window's output rows of operator `index`. Constants and scratch come from the interpreter.
  Status run(uint32_t index, const RowWindow& window) const {
    ARENITE_CHECK(interpreter_.ready(), kNotReady);
    const Kernel& kernel = interpreter_.kernel(index);
    ARENITE_CHECK((kernel.traits & kWholeTensors) == 0, kUnsupportedOp);
    Node node = interpreter_.node(index);
    node.window_ = &window;
    return kernel.eval(node);
  }

 private:
  const Interpreter& interpreter_;
};

}  // namespace arenite
