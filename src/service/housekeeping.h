#pragma once
// What is done now and then: spent rows are deleted in small bites, signing keys are rotated.

#include <chrono>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace kidoban::service {

struct Chore {
  std::string_view name;
  std::function<Status()> run;
};

// Runs every chore so often on a thread of its own, one after another; a failing chore is logged
// and tried again next time. Destruction waits for the chore that runs.
class Housekeeping {
 public:
  Housekeeping(std::vector<Chore> chores, std::chrono::seconds every);
  ~Housekeeping();

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

}  // namespace kidoban::service
