#pragma once
// Marks the thread as being inside a transaction's body, where another transaction can't begin: on
// SQLite it would wait for itself, on PostgreSQL for a connection that itself holds.

#include "base/result.h"

namespace kidoban::store {

class Running {
 public:
  Running() { inside_ = true; }
  ~Running() { inside_ = false; }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  static Status none() {
    if (!inside_) return {};
    return fail(Kind::internal, "transaction_nested", "a transaction's body began another transaction");
  }

 private:
  inline static thread_local bool inside_ = false;
};

}  // namespace kidoban::store
