#pragma once
// Which webhooks have something to do. Of one thread.

#include <array>
#include <unordered_map>

#include "webhooks/delivery.h"

namespace kidoban::webhooks {

class LookAround {
 public:
  explicit LookAround(const Outfit& outfit) : outfit_(outfit) {}

  // Tenants whose audit this process appended to, and the next few of all that have webhooks which wait (others append too: nodes,
  // commands): what is new there is given its order, and they are due.
  Status look();
  // Of the quick and of the slow.
  Result<std::array<bool, 2>> anything_due();

 private:
  Status look_at(const TenantId& tenant);
  void note_stirred();

  Outfit outfit_;
  // Stirred tenants, and until when they are looked at again: their transactions may not be committed yet.
  std::unordered_map<TenantId, runtime::Deadline::Steady::time_point> stirred_{};
  // Those without webhooks, and until when that is believed.
  std::unordered_map<TenantId, runtime::Deadline::Steady::time_point> without_{};
  TenantId last_{};
};

}  // namespace kidoban::webhooks
