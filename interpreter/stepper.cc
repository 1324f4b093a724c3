#include "interpreter/stepper.h"

namespace arenite {

Status Stepper::invoke_step(uint32_t operators, Error* error) {
  Error& where = invocation_.where;
  if (next_ == 0) invocation_ = {Error(), interpreter_->iteration_limit_};
  if (!interpreter_->ready()) where.status = Status::kNotReady;
  const uint32_t count = interpreter_->model().operator_count();
  for (; operators != 0 && next_ < count && where.status == Status::kOk; --operators) {
    where.node = static_cast<uint16_t>(next_);
    where.status = interpreter_->run(next_++, &invocation_);
  }
  if (next_ >= count || where.status != Status::kOk) next_ = 0;
  if (error != nullptr) *error = where;
  return where.status;
}

}  // namespace arenite
