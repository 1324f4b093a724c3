// Runs an invoke in parts, for programs that must not be away for a whole one: a cooperative loop, a radio to be
// served. What this takes lives here: programs that do not use it hold none of it.
#pragma once

#include "interpreter/interpreter.h"

namespace arenite {

class Stepper {
 public:
  // `interpreter` is allocated before the first step, and the stepper is made anew after each allocate.
  explicit Stepper(const Interpreter& interpreter) : interpreter_(&interpreter) {}

  // Runs the next `operators` > 0 of subgraph 0, fewer when the model ends before; the first call, and the one after
  // the last, begin an invoke. What an operator calls (IF, WHILE, CALL_ONCE) is part of that one operator. Set all
  // inputs before the first step, and neither write inputs nor call invoke until done(): the arena holds what is
  // between. A failure, and NotDue, end the invoke: the next step begins anew.
  Status invoke_step(uint32_t operators = 1, Error* error = nullptr);

  // No invoke is under way: the outputs are those of the last one.
  bool done() const { return next_ == 0; }
  // The operator that the next step begins with.
  uint32_t next() const { return next_; }
  // Gives up the invoke that is under way.
  void restart() { next_ = 0; }

 private:
  const Interpreter* interpreter_;
  uint32_t next_ = 0;
  Invocation invocation_ = {};
};

}  // namespace arenite
